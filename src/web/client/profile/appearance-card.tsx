import { useState } from 'react'
import { SelectField } from '../../shared/components/field.tsx'
import { Card } from '../../shared/components/page.tsx'
import { chooseLanguage, currentLanguage, t } from '../../shared/i18n.ts'
import { isLanguageJustChosen } from '../../shared/language-choice.ts'
import { chooseTheme, currentTheme } from '../../shared/theme.ts'
import { transfers } from '../transfers/transfers.ts'

/** Language and colours of this browser. */
export function AppearanceCard() {
  const [theme, setTheme] = useState(currentTheme)
  // The page is drawn anew in another language: what is being sent would be cut off.
  const isFixed = transfers.isSending
  return (
    <Card title={t('profile.appearance')}>
      <div className="form-columns">
        <SelectField
          label={t('shell.language')}
          name="language"
          isFocused={isLanguageJustChosen('profile')}
          hint={isFixed ? t('profile.appearance.sending') : undefined}
          value={currentLanguage()}
          choices={[
            { value: 'en', label: t('profile.english') },
            { value: 'es', label: t('profile.spanish') },
          ]}
          onChange={(language) => {
            if (!transfers.isSending) chooseLanguage(language, 'profile')
          }}
        />
        <SelectField
          label={t('shell.theme')}
          name="theme"
          value={theme}
          choices={[
            { value: 'system', label: t('theme.system') },
            { value: 'light', label: t('theme.light') },
            { value: 'dark', label: t('theme.dark') },
          ]}
          onChange={(chosen) => {
            chooseTheme(chosen)
            setTheme(chosen)
          }}
        />
      </div>
    </Card>
  )
}
