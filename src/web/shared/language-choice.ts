/** The two places where a language can be chosen. */
export type LanguagePlace = 'menu' | 'profile'

const key = 'sftpgo.languageChosenAt'
/** The reader may stay instead: a page that begins later is another one. */
const reloadWithinMs = 3_000

/** Set from the reload for another language until the reader goes on. */
let chosenAt = takeMark()

if (chosenAt !== null)
  for (const name of ['keydown', 'pointerdown', 'click'])
    addEventListener(name, () => (chosenAt = null), { capture: true, once: true })

function takeMark(): string | null {
  try {
    const [place = null, at] = sessionStorage.getItem(key)?.split(' ') ?? []
    sessionStorage.removeItem(key)
    return performance.timeOrigin - Number(at) < reloadWithinMs ? place : null
  } catch {
    // Storage can be refused to a frame, which then forgets the language as well.
    return null
  }
}

/** For the reload that follows. */
export function rememberLanguagePlace(place: LanguagePlace): void {
  try {
    sessionStorage.setItem(key, `${place} ${Date.now()}`)
  } catch {
    // See takeMark.
  }
}

/** Whether the page was drawn anew for a language just now: the control that chose it keeps the focus, nothing else takes it. */
export function isLanguageJustChosen(place?: LanguagePlace): boolean {
  return place === undefined ? chosenAt !== null : chosenAt === place
}
