import type { ClientInfo, Connection } from 'ssh2'
import type { SignIn } from '../../core/auth/sign-in.ts'
import type { Log } from '../../core/log.ts'
import type { HostKeyProofs } from './host-key-proofs.ts'
import type { WindowBudget } from './receive-window.ts'
import type { SshAlgorithms } from './ssh-algorithms.ts'
import type { SshReceiver } from './ssh-receiver.ts'

/** Every limit has a default in SftpServer. Times in milliseconds. */
export interface ConnectionLimits {
  readonly maxAuthTries: number
  readonly loginGraceMs: number
  /** 0: never. */
  readonly idleTimeoutMs: number
  readonly maxHandlesPerSession: number
  readonly maxChannels: number
  readonly rekeyAfterBytes: number
  readonly rekeyAfterMs: number
}

export interface ConnectionOptions {
  readonly client: Connection
  readonly info: ClientInfo
  readonly receiver: SshReceiver
  readonly signIn: SignIn
  readonly limits: ConnectionLimits
  readonly budget: WindowBudget
  readonly proofs: HostKeyProofs
  readonly algorithms: SshAlgorithms
  readonly onSignedIn: () => void
  readonly log: Log
}
