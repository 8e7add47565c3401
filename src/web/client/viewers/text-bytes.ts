export interface DecodedText {
  readonly text: string
  /** False when bytes of it stand for no letters: saving the text would lose them. */
  readonly isExact: boolean
}

/** UTF-8, or UTF-16 where a mark at the beginning says so. `isPart`: the last letter may be cut. */
export function decodeText(bytes: Uint8Array<ArrayBuffer>, { isPart = false } = {}): DecodedText {
  const encoding = encodingOf(bytes)
  try {
    // The mark stays in a UTF-8 text, so that it is saved again.
    const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: encoding === 'utf-8' })
    return { text: decoder.decode(bytes, { stream: isPart }), isExact: encoding === 'utf-8' }
  } catch {
    return { text: new TextDecoder(encoding).decode(bytes, { stream: isPart }), isExact: false }
  }
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
}

/** A text of bytes that are none would be noise. */
export function looksBinary(bytes: Uint8Array): boolean {
  return encodingOf(bytes) === 'utf-8' && bytes.subarray(0, 8192).includes(0)
}

/** How lines end. A text field knows '\n' alone, so it is put back when the text is saved. */
export function lineEndOf(text: string): '\r\n' | '\n' {
  return text.includes('\r\n') ? '\r\n' : '\n'
}

export function withLineEnds(text: string, lineEnd: '\r\n' | '\n'): string {
  const plain = text.replaceAll('\r\n', '\n')
  return lineEnd === '\n' ? plain : plain.replaceAll('\n', '\r\n')
}

/** Whether a text field, which knows '\n' alone, gives back all that is not changed in it. */
export function isEditable({ text, isExact }: DecodedText): boolean {
  const plain = withLineEnds(text, '\n')
  return isExact && !plain.includes('\r') && withLineEnds(plain, lineEndOf(text)) === text
}

/** Texts of about `size` letters that end with a line, so that a long text can be drawn block by block. */
export function blocksOf(text: string, size = 8192): string[] {
  const blocks: string[] = []
  for (let at = 0; at < text.length;) {
    const lineEnd = text.indexOf('\n', at + size)
    const end = lineEnd === -1 ? text.length : lineEnd + 1
    blocks.push(text.slice(at, end))
    at = end
  }
  return blocks
}
