import { FileServerError } from '../core/errors.ts'

/**
 * PostgreSQL stores no NUL, and half of a surrogate pair has no UTF-8: it would be stored as U+FFFD and so be
 * taken for another name. No stored name can be such a text, on either engine.
 */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

/** @throws FileServerError 'invalid-argument' when a parameter is text that cannot be stored. */
export function checkParameters(parameters: readonly unknown[]): void {
  for (const parameter of parameters)
    if (typeof parameter === 'string' && !isStorableText(parameter))
      throw new FileServerError('invalid-argument', 'Text must be valid Unicode without NUL characters')
}
