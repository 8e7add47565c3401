import { readPreference, writePreference } from './preferences.ts'

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

export function currentTheme(): Theme {
  const stored = readPreference('theme')
  return themes.find((theme) => theme === stored) ?? 'system'
}

/** Shows and remembers a theme; boot-theme.js shows it before the first paint the next time. */
export function chooseTheme(theme: Theme): void {
  writePreference('theme', theme)
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}
