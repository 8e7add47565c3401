/** What would break a line or turn the order of letters, as signs that can be seen. */
const signs: Readonly<Record<string, string>> = {
  '\n': '␊',
  '\r': '␍',
  '\t': '␉',
  '\u007f': '␡',
  '\u2028': '␊',
  '\u2029': '␊',
}

/** A name as it is shown: on one line, left to right as far as its letters go, nothing in it unseen. */
export function shownName(name: string): string {
  return name.toWellFormed().replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, signOf)
}

function signOf(character: string): string {
  const code = character.charCodeAt(0)
  return signs[character] ?? (code < 0x20 ? String.fromCharCode(0x2400 + code) : '�')
}
