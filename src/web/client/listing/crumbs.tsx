import { Icon } from '../../shared/components/icon.tsx'
import { t } from '../../shared/i18n.ts'
import { addressOf } from '../../shared/router.ts'
import { crumbsOf } from './paths.ts'
import { shownName } from './shown-name.ts'

export interface CrumbsProps {
  readonly path: string
  readonly label: string
  readonly onGo: (path: string) => void
  /** True for the page's own place, where each crumb is an address. */
  readonly isPlace?: boolean
}

/** The way from the root to here; each step of it leads there. */
export function Crumbs({ path, label, onGo, isPlace = false }: CrumbsProps) {
  const crumbs = [{ name: '', path: '/' }, ...crumbsOf(path)]
  return (
    <nav className="files-crumbs" aria-label={label}>
      <ol>
        {crumbs.map((crumb) => {
          const content =
            crumb.path === '/' ? (
              <>
                <Icon name="home" />
                <span className="hidden">{t('files.root')}</span>
              </>
            ) : (
              <span className="name" title={shownName(crumb.name)}>
                {shownName(crumb.name)}
              </span>
            )
          const current = crumb.path === path ? ('page' as const) : undefined
          return (
            <li key={crumb.path}>
              {isPlace ? (
                <a
                  href={addressOf('files', crumb.path)}
                  aria-current={current}
                  onClick={(event) => {
                    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
                    event.preventDefault()
                    onGo(crumb.path)
                  }}
                >
                  {content}
                </a>
              ) : (
                <button type="button" aria-current={current} onClick={() => onGo(crumb.path)}>
                  {content}
                </button>
              )}
            </li>
          )
        })}
      </ol>
    </nav>
  )
}
