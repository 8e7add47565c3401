import type { MessageKey } from '../messages/message-key.ts'
import { type LanguagePlace, rememberLanguagePlace } from './language-choice.ts'
import { readPreference, writePreference } from './preferences.ts'

export const languages = ['en', 'es'] as const
export type Language = (typeof languages)[number]

type Messages = Readonly<Record<string, string>>
export type MessageValues = Readonly<Record<string, string | number>>

let messages: Messages = {}
let language: Language = 'en'
/** For dates and numbers. */
let locale = 'en'
let plural = new Intl.PluralRules('en')

export function currentLanguage(): Language {
  return language
}

export function currentLocale(): string {
  return locale
}

/** The one chosen before, else the browser's, else English. */
export function preferredLanguage(): Language {
  const wanted = [readPreference('language'), ...navigator.languages.map((tag) => tag.slice(0, 2))]
  return (
    wanted.map((tag) => languages.find((known) => known === tag)).find((known) => known !== undefined) ?? 'en'
  )
}

/** The browser's own where it is one of the page's language: 'en-GB' has its dates in another order than 'en'. */
function localeOf(chosen: Language): string {
  return navigator.languages.find((tag) => tag.startsWith(`${chosen}-`) && isLocale(tag)) ?? chosen
}

/** Some browsers name what no formatter takes, as 'en-US@posix'. */
function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0
  } catch {
    return false
  }
}

/** To be called before the first page is drawn. */
export function useMessages(chosen: Language, loaded: Messages): void {
  language = chosen
  locale = localeOf(chosen)
  messages = loaded
  plural = new Intl.PluralRules(chosen)
  document.documentElement.lang = chosen
}

/** Remembers it and draws everything anew. Forms that hold changes ask before a page is left. */
export function chooseLanguage(chosen: Language, place: LanguagePlace): void {
  writePreference('language', chosen)
  rememberLanguagePlace(place)
  location.reload()
}

/**
 * The text of `key` with its {names} filled in. A text with two forms, 'one file | {n} files', takes the one that the
 * number `n` asks for. Values are put in as they are: what comes out is text, never HTML.
 */
export function t(key: MessageKey, values: MessageValues = {}): string {
  const text = messages[key] ?? key
  const [one = text, many = one] = text.split(' | ')
  const form = typeof values['n'] === 'number' && plural.select(values['n']) === 'one' ? one : many
  return form.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name]
    if (value === undefined) return whole
    return typeof value === 'number' ? formatNumber(value) : value
  })
}

/** Formatters cost far more to make than to use, and lists use the same few over and over. */
const formatters = new Map<string, Intl.NumberFormat>()

export function formatNumber(value: number, options: Intl.NumberFormatOptions = {}): string {
  const key = JSON.stringify(options)
  const known = formatters.get(key)
  if (known) return known.format(value)
  const made = new Intl.NumberFormat(locale, options)
  formatters.set(key, made)
  return made.format(value)
}
