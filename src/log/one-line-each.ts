import type { LineOutput } from './burst-output.ts'

/**
 * What JSON leaves as it is though somebody may act on it: DEL and the C1 controls are orders to terminals, U+2028 and
 * U+2029 end a line for some readers, and the directional ones turn a text around.
 */
const unsafe = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Makes each line one for every reader before it goes to `output`: names are chosen by clients. */
export function oneLineEach(output: LineOutput): LineOutput {
  return { write: (lines) => output.write(lines.replace(unsafe, escaped)) }
}

/** They stand in strings of JSON alone, where `\uXXXX` means the same (RFC 8259 §7). */
function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}
