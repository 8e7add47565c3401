import { FileServerError } from '../core/errors.ts'

/**
 * PostgreSQL stores no NUL, and half of a surrogate pair has no UTF-8: it would be stored as U+FFFD and so be
 * taken for another name. No stored name can be such a text, on either engine.
 */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

/** The text with U+FFFD in place of what cannot be stored, for texts that clients sent and nobody looks up. */
export function toStorableText(text: string): string {
  return isStorableText(text) ? text : text.toWellFormed().replaceAll('\0', '\u{fffd}')
}

/** @throws FileServerError 'invalid-argument' when a parameter is text that cannot be stored. */
export function checkParameters(parameters: readonly unknown[]): void {
  for (const parameter of parameters)
    if (typeof parameter === 'string' && !isStorableText(parameter))
      throw new FileServerError('invalid-argument', 'Text must be valid Unicode without NUL characters')
}
