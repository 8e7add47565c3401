import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'react'
import { chooseLanguage, currentLanguage, languages, t } from '../i18n.ts'
import { keepFocus } from '../keep-focus.ts'
import { isLanguageJustChosen } from '../language-choice.ts'
import { Notices } from '../notices.tsx'
import { linkTo } from '../router.ts'
import { chooseTheme, currentTheme, themes, type Theme } from '../theme.ts'
import { Button } from './button.tsx'
import { Icon, type IconName } from './icon.tsx'
import { Menu, type MenuItem } from './menu.tsx'

export interface NavigationItem {
  readonly page: string
  readonly label: string
  readonly icon: IconName
}

export interface AppShellProps {
  /** 'WebAdmin' or 'WebClient'. */
  readonly name: string
  readonly navigation: readonly NavigationItem[]
  readonly currentPage: string
  readonly username: string
  readonly userItems: readonly MenuItem[]
  /** Links to the other app. */
  readonly otherApp: { readonly label: string; readonly href: string }
  readonly children: ComponentChildren
}

const languageNames = { en: 'English', es: 'Español' } as const satisfies Record<
  (typeof languages)[number],
  string
>

/** Navigation, the reader's menus, and the page; on a phone the navigation lies behind a button. */
export function AppShell(props: AppShellProps) {
  const { name, navigation, currentPage, children } = props
  const [isOpen, setOpen] = useState(false)
  const main = useRef<HTMLElement>(null)
  const drawer = useRef<HTMLElement>(null)
  const toggle = useRef<HTMLDivElement>(null)
  const isFirst = useRef(true)
  useEffect(() => {
    setOpen(false)
    // Where the reader went is what is read next; on the first page the browser's own order holds.
    if (!isFirst.current) main.current?.focus()
    isFirst.current = false
  }, [currentPage])
  useEffect(() => (main.current ? keepFocus(main.current) : undefined), [])
  useEffect(() => {
    if (isOpen) drawer.current?.querySelector('a')?.focus()
  }, [isOpen])
  const closeByKey = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !isOpen) return
    setOpen(false)
    toggle.current?.querySelector('button')?.focus()
  }
  return (
    <div className={isOpen ? 'shell shell-open' : 'shell'}>
      <a className="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        {t('shell.skip')}
      </a>
      <header className="shell-head">
        <div ref={toggle} className="shell-toggle" onKeyDown={closeByKey}>
          <Button
            kind="quiet"
            icon="menu"
            label={t('shell.menu')}
            isExpanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          />
        </div>
        <a className="shell-brand" {...linkTo(navigation[0]?.page ?? 'login')}>
          <Icon name="folder" />
          <span>SFTPGo</span> <small>{name}</small>
        </a>
        <div className="shell-menus">
          <a className="button button-quiet shell-other" href={props.otherApp.href}>
            {props.otherApp.label}
          </a>
          <AppearanceMenus />
          <Menu label={t('shell.account')} icon="user" text={props.username} items={props.userItems} />
        </div>
      </header>
      <nav ref={drawer} className="shell-nav" aria-label={t('shell.navigation')} onKeyDown={closeByKey}>
        <ul>
          {navigation.map((item) => (
            <li key={item.page}>
              <a {...linkTo(item.page)} aria-current={item.page === currentPage ? 'page' : undefined}>
                <Icon name={item.icon} />
                <span>{item.label}</span>
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main ref={main} id="main" className="shell-main" tabIndex={-1}>
        {children}
      </main>
      <Notices />
    </div>
  )
}

/** Language and theme, also before a sign-in. */
export function AppearanceMenus() {
  const [theme, setTheme] = useState(currentTheme)
  const themeLabels: Record<Theme, string> = {
    system: t('theme.system'),
    light: t('theme.light'),
    dark: t('theme.dark'),
  }
  return (
    <>
      <Menu
        label={t('shell.language')}
        icon="language"
        isFocused={isLanguageJustChosen('menu')}
        items={languages.map((language) => ({
          label: languageNames[language],
          isChosen: language === currentLanguage(),
          onChoose: () => chooseLanguage(language, 'menu'),
        }))}
      />
      <Menu
        label={t('shell.theme')}
        icon="theme"
        items={themes.map((choice) => ({
          label: themeLabels[choice],
          isChosen: choice === theme,
          onChoose: () => {
            chooseTheme(choice)
            setTheme(choice)
          },
        }))}
      />
    </>
  )
}
