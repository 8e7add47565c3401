import type { ComponentChild } from 'preact'
import { render } from 'preact'
import { type Language, preferredLanguage, useMessages } from './i18n.ts'

export interface AppParts {
  readonly loadMessages: (language: Language) => Promise<Readonly<Record<string, string>>>
  readonly draw: () => ComponentChild
}

/** Words first, then the page. */
export async function startApp({ loadMessages, draw }: AppParts): Promise<void> {
  const language = preferredLanguage()
  useMessages(language, await loadMessages(language))
  const element = document.getElementById('app')
  if (!element) throw new Error('the page has no place for the app')
  render(draw(), element)
}
