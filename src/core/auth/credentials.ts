import type { LoginMethod } from '../accounts/user.ts'
import type { SessionProtocol } from '../events/events.ts'

/** One factor, as the protocol received it. A key arrives here only after its signature was verified. */
export type Credential =
  | {
      readonly method: 'password' | 'keyboard-interactive'
      /** Over FTP, where nothing else can be asked, a code of the second factor follows it at once. */
      readonly password: string
      /** Of the second factor, where it was asked for. */
      readonly code?: string | undefined
    }
  | { readonly method: 'publickey'; readonly key: Uint8Array }

export interface SignInAttempt {
  readonly protocol: SessionProtocol
  readonly username: string
  /** As seen on the socket; behind a proxy it is the proxy's. */
  readonly remoteAddress: string
  readonly clientVersion: string
  /** False when what the client sends can be read on the way: FTP without TLS. */
  readonly encrypted: boolean
  readonly credential: Credential
  /** What an earlier step of the same connection proved, handed back unchanged. */
  readonly proof?: SignInProof
}

/** A first step that was right but is not enough. Made by the authenticator alone. */
export class SignInProof {
  readonly username: string
  readonly method: 'publickey'

  constructor(username: string, method: 'publickey') {
    this.username = username
    this.method = method
  }
}

/** SSH names of the methods with which an unfinished sign-in can go on. */
export type NextMethod = 'publickey' | 'password' | 'keyboard-interactive'

export type Authentication =
  | { readonly outcome: 'accepted'; readonly method: LoginMethod }
  /** The password was right: the next attempt brings it again, with a code. */
  | { readonly outcome: 'code-needed' }
  | { readonly outcome: 'partial'; readonly proof: SignInProof; readonly continueWith: readonly NextMethod[] }
