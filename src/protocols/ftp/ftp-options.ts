import type { SignIn } from '../../core/auth/sign-in.ts'
import type { Log } from '../../core/log.ts'
import type { PassiveAddress } from './passive-address.ts'
import type { PassivePortSource } from './passive-ports.ts'
import type { CertificateSource } from './tls-identity.ts'
import type { TlsOwnerBook } from './tls-owners.ts'

/** Asked at each use: they can change while the server runs. */
export interface FtpLimits {
  /** Control connections that have not signed in, over all clients; when there are more, older ones give way. */
  readonly maxUnauthenticated: number
  /** From the greeting to the end of a successful PASS. */
  readonly loginTimeoutMs: number
  /** Failed logins after which a connection is closed; 3 unless told. */
  readonly maxAuthTries?: number
  /** Without a command, transfers aside; 0 = never. */
  readonly idleTimeoutMs: number
  readonly maxLineBytes: number
  /** From the reply to PASV until the data connection is there. */
  readonly claimTimeoutMs: number
  /** A data connection on which the client does nothing. */
  readonly stallTimeoutMs?: number
}

export interface FtpServerOptions {
  readonly host: string
  /** 0 takes a free port. */
  readonly controlPorts: readonly number[]
  readonly implicitTlsPort?: number
  readonly passivePorts: PassivePortSource
  /** Whether a PROXY header is expected from this address, on control connections alone. */
  readonly isProxied?: (address: string) => boolean
  readonly passiveAddress: PassiveAddress
  /** Without certificates there is no TLS. */
  readonly certificates?: CertificateSource
  /** Goes with `certificates`: the passive ports ask the same one. */
  readonly ticketOwners?: TlsOwnerBook
  /** 'control': no login in clear. 'required': no data in clear either. Asked at each connection and login. */
  readonly tls: 'allowed' | 'control' | 'required'
  /** 'required': a TLS data connection must resume the session of its control connection. */
  readonly sessionReuse: 'allowed' | 'required'
  readonly signIn: SignIn
  readonly log: Log
  readonly limits: FtpLimits
}
