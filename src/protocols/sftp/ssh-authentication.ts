import ssh2, {
  type AuthContext,
  type KeyboardAuthContext,
  type ParsedKey,
  type PublicKeyAuthContext,
} from 'ssh2'
import type { Credential, NextMethod, SignInProof } from '../../core/auth/credentials.ts'
import type { Session, SignIn } from '../../core/auth/sign-in.ts'
import { hasCode, toFileServerError } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import { type DisconnectReason, disconnectReason, type SshTransport } from './ssh-transport.ts'

const allMethods: readonly NextMethod[] = ['publickey', 'password', 'keyboard-interactive']

export interface AuthenticationOptions {
  readonly signIn: SignIn
  readonly transport: SshTransport
  readonly remoteAddress: string
  readonly clientVersion: string
  readonly limits: {
    /** Failures after which the connection ends. */
    readonly maxAuthTries: number
  }
  readonly acceptsSha1: boolean
  readonly log: Log
  readonly onSession: (session: Session) => void
  readonly disconnect: (reason: DisconnectReason, text: string) => void
}

/**
 * SSH user authentication (RFC 4252) of one connection: what each method brings goes to `signIn`. The user name
 * cannot change on the way, which ssh2 sees to.
 */
export class SshAuthentication {
  readonly #options: AuthenticationOptions
  #failures = 0
  #proof: SignInProof | undefined
  #methods = allMethods

  constructor(options: AuthenticationOptions) {
    this.#options = options
  }

  /** Answers one request; never throws. */
  async answer(context: AuthContext): Promise<void> {
    try {
      await this.#answer(context)
    } catch (error) {
      const failure = toFileServerError(error)
      if (failure.code === 'storage-failure')
        this.#options.log.error({ err: error, username: context.username }, 'sign-in failed')
      if (failure.code === 'too-many-connections')
        this.#options.disconnect(disconnectReason.tooManyConnections, failure.message)
      else if (failure.code === 'too-many-attempts')
        this.#options.disconnect(disconnectReason.noMoreAuthMethods, failure.message)
      else this.#refuse(context, { counts: !hasCode(error, 'unavailable') })
    }
  }

  async #answer(context: AuthContext): Promise<void> {
    switch (context.method) {
      case 'password':
        return this.#signIn(context, { method: 'password', password: context.password })
      case 'publickey':
        return this.#withKey(context)
      case 'keyboard-interactive':
        return this.#interactively(context)
      case 'none':
        return this.#refuse(context, { counts: false })
      case 'hostbased':
        return this.#refuse(context, { counts: true })
    }
  }

  async #withKey(context: PublicKeyAuthContext): Promise<void> {
    const { signIn, transport } = this.#options
    const algorithm = algorithmOf(context)
    const key = this.#keyOf(context)
    if (!key) return this.#refuse(context, { counts: true })
    const { data } = context.key
    if (!context.signature || !context.blob) {
      if (!(await signIn.acceptsKey(context.username, data))) return this.#refuse(context, { counts: true })
      // Not context.accept(): it answers with 'ssh-rsa' whatever the client asked with.
      markAnswered(context)
      transport.acceptKey(algorithm, data)
      return
    }
    const isGenuine = key.verify(context.blob, context.signature, hashOf(context)) === true
    if (!isGenuine) return this.#refuse(context, { counts: true })
    return this.#signIn(context, { method: 'publickey', key: data })
  }

  /** The key itself, if it is one of the kind that the request names. */
  #keyOf(context: PublicKeyAuthContext): ParsedKey | undefined {
    if (algorithmOf(context) === 'ssh-rsa' && !this.#options.acceptsSha1) return undefined
    const key = ssh2.utils.parseKey(context.key.data) as ParsedKey | Error
    return key instanceof Error || key.type !== context.key.algo ? undefined : key
  }

  #interactively(context: KeyboardAuthContext): Promise<void> {
    return new Promise((resolve, reject) => {
      context.prompt([{ prompt: 'Password: ', echo: false }], (answers: unknown) => {
        // Anything but a list means that the client went on to something else.
        if (!Array.isArray(answers)) return resolve()
        const password: unknown = answers[0]
        if (answers.length !== 1 || typeof password !== 'string') {
          this.#refuse(context, { counts: true })
          return resolve()
        }
        this.#signIn(context, { method: 'keyboard-interactive', password }).then(resolve, reject)
      })
    })
  }

  async #signIn(context: AuthContext, credential: Credential): Promise<void> {
    const { signIn, transport, remoteAddress, clientVersion, onSession } = this.#options
    const result = await signIn.signIn({
      protocol: 'SFTP',
      username: context.username,
      encrypted: true,
      ...{ remoteAddress, clientVersion, credential },
      ...(this.#proof && { proof: this.#proof }),
    })
    if (result.outcome === 'partial') {
      this.#proof = result.proof
      this.#methods = result.continueWith
      context.reject([...result.continueWith], true)
      return
    }
    if (transport.isGone) return result.session.close('connection closed')
    onSession(result.session)
    // With what follows from it, the host keys for one, in one write.
    transport.together(() => context.accept())
  }

  #refuse(context: AuthContext, { counts }: { counts: boolean }): void {
    const { limits, disconnect } = this.#options
    if (counts && ++this.#failures >= limits.maxAuthTries)
      return disconnect(disconnectReason.noMoreAuthMethods, 'Too many authentication failures')
    context.reject([...this.#methods])
  }
}

/** `hashAlgo` is missing in ssh2's types: it is the hash of rsa-sha2-256 and rsa-sha2-512 (RFC 8332). */
function hashOf(context: PublicKeyAuthContext): string | undefined {
  return (context as { hashAlgo?: string }).hashAlgo
}

function algorithmOf(context: PublicKeyAuthContext): string {
  const hash = hashOf(context)
  return hash === undefined ? context.key.algo : `rsa-sha2-${hash.replace('sha', '')}`
}

/** ssh2 queues further requests until the one before is answered. */
function markAnswered(context: PublicKeyAuthContext): void {
  ;(context as unknown as { _initialResponse: boolean })._initialResponse = true
}
