import type { ReplyClass } from '../ftp-reply.ts'
import type { FtpSession } from '../ftp-session.ts'

export interface Command {
  readonly needsLogin: boolean
  readonly argument: 'none' | 'optional' | 'required'
  /** How its errors are answered. */
  readonly replies: ReplyClass
  /** It may take long: ABOR, STAT and NOOP are answered meanwhile, and ABOR ends it through the signal. */
  readonly isLong?: true
  /** It needs what PASV or EPSV claimed, and that is gone after it, also when it is refused. */
  readonly usesData?: true
  run(session: FtpSession, argument: string, signal: AbortSignal): void | Promise<void>
}

export type CommandGroup = Readonly<Record<string, Command>>
