import { type ErrorCode, FileServerError, toFileServerError } from '../../core/errors.ts'

/** What a command is about, as far as its replies to an error differ (RFC 959 §5.4). */
export type ReplyClass = 'file' | 'listing' | 'store' | 'access'

const fileReplies = {
  'not-found': 550,
  'already-exists': 550,
  'not-a-directory': 550,
  'is-a-directory': 550,
  'directory-not-empty': 550,
  'permission-denied': 550,
  'quota-exceeded': 552,
  'no-space': 452,
  'invalid-path': 553,
  'invalid-argument': 501,
  'access-denied': 530,
  'second-factor-needed': 530,
  'too-many-attempts': 421,
  'too-many-connections': 421,
  unsupported: 550,
  // RFC 3659 §5.4: the parameter of the REST is no good. A 4xx would make clients try it again.
  'not-resumable': 554,
  busy: 450,
  aborted: 426,
  unavailable: 451,
  'storage-failure': 451,
} as const satisfies Record<ErrorCode, number>

const exceptions: Readonly<Record<ReplyClass, Readonly<Partial<Record<ErrorCode, number>>>>> = {
  file: {},
  // Not 450, though RFC 959 §5.4 knows no 550 here: lftp takes it for 'not now' and asks again for ever.
  listing: { 'invalid-path': 501 },
  store: { 'permission-denied': 553 },
  access: { unavailable: 421, 'storage-failure': 421 },
}

/** A reply that ends a command. */
export class FtpRefusal extends Error {
  override readonly name = 'FtpRefusal'
  readonly code: number

  constructor(code: number, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.code = code
  }
}

/** The reply to anything a command has thrown. */
export function replyTo(error: unknown, replies: ReplyClass): { code: number; text: string } {
  if (error instanceof FtpRefusal) return { code: error.code, text: error.message }
  const failure = toFileServerError(error)
  return { code: replyCode(failure.code, replies), text: failure.message }
}

export function replyCode(code: ErrorCode, replies: ReplyClass): number {
  return exceptions[replies][code] ?? fileReplies[code]
}

/** True for what nobody foresaw: it belongs into the log. */
export function isUnforeseen(error: unknown): boolean {
  if (error instanceof FtpRefusal) return false
  return !(error instanceof FileServerError) || error.code === 'storage-failure'
}

/** One reply as it is sent: the last of several lines tells the end (RFC 959 §4.2). */
export function formatReply(code: number, text: string | readonly string[]): string {
  const lines = (typeof text === 'string' ? [text] : text).map(oneLine)
  const last = lines.at(-1) ?? ''
  if (lines.length < 2) return `${code} ${last}\r\n`
  const middle = lines.slice(1, -1).map((line) => ` ${line}\r\n`)
  return `${code}-${lines[0]}\r\n${middle.join('')}${code} ${last}\r\n`
}

/** A name must not be able to end a line. */
export function oneLine(text: string): string {
  return /[\r\n\0]/.test(text) ? text.replace(/[\r\n\0]/g, '?') : text
}

/** A path between quotes, with those inside doubled (RFC 959 appendix II). */
export function quotedPath(path: string): string {
  return `"${path.replaceAll('"', '""')}"`
}
