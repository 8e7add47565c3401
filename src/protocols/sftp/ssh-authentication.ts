import ssh2, {
  type AuthContext,
  type KeyboardAuthContext,
  type ParsedKey,
  type PublicKeyAuthContext,
} from 'ssh2'
import type { Credential, NextMethod, SignInProof } from '../../core/auth/credentials.ts'
import type { Session, SignIn, SignInResult } from '../../core/auth/sign-in.ts'
import { hasCode, toFileServerError } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import { type DisconnectReason, disconnectReason } from './disconnect-message.ts'
import type { SshTransport } from './ssh-transport.ts'

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
  #checks = 0
  #isCodeAwaited = false
  #hasTried = false

  constructor(options: AuthenticationOptions) {
    this.#options = options
  }

  /** Whether a credential is being checked, or one was right and another step has to follow. */
  get isProving(): boolean {
    return this.#checks > 0 || this.#proof !== undefined || this.#isCodeAwaited
  }

  /** Whether a credential has come, or a key was asked about. */
  get hasTried(): boolean {
    return this.#hasTried
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
    this.#hasTried = true
    const algorithm = algorithmOf(context)
    const key = this.#keyOf(context)
    if (!key) return this.#refuse(context, { counts: true })
    const { data } = context.key
    if (!context.signature || !context.blob) {
      if (!(await this.#whileChecking(signIn.acceptsKey(context.username, data))))
        return this.#refuse(context, { counts: true })
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

  /** The password, and in a round of its own the code of the second factor, which comes after a right password alone. */
  async #interactively(context: KeyboardAuthContext): Promise<void> {
    const method = 'keyboard-interactive'
    const password = await this.#ask(context, 'Password: ')
    if (password === undefined) return
    const result = await this.#attempt(context, { method, password })
    if (result.outcome !== 'code-needed') return this.#settle(context, result)
    this.#isCodeAwaited = true
    const code = await this.#ask(context, 'Authentication code: ')
    this.#isCodeAwaited = false
    if (code === undefined) return
    return this.#settle(context, await this.#attempt(context, { method, password, code }))
  }

  /** One question (RFC 4256 §3.2); undefined when the request has been answered, or given up by the client. */
  #ask(context: KeyboardAuthContext, prompt: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      context.prompt([{ prompt, echo: false }], (answers: unknown) => {
        // Anything but a list means that the client went on to something else.
        if (!Array.isArray(answers)) return resolve(undefined)
        const answer: unknown = answers[0]
        if (answers.length === 1 && typeof answer === 'string') return resolve(answer)
        this.#refuse(context, { counts: true })
        resolve(undefined)
      })
    })
  }

  async #signIn(context: AuthContext, credential: Credential): Promise<void> {
    await this.#settle(context, await this.#attempt(context, credential))
  }

  #attempt({ username }: AuthContext, credential: Credential): Promise<SignInResult> {
    const { signIn, remoteAddress, clientVersion } = this.#options
    this.#hasTried = true
    return this.#whileChecking(
      signIn.signIn({
        protocol: 'SFTP',
        encrypted: true,
        ...{ username, remoteAddress, clientVersion, credential },
        ...(this.#proof && { proof: this.#proof }),
      }),
    )
  }

  async #whileChecking<T>(check: Promise<T>): Promise<T> {
    this.#checks++
    try {
      return await check
    } finally {
      this.#checks--
    }
  }

  async #settle(context: AuthContext, result: SignInResult): Promise<void> {
    const { transport, onSession } = this.#options
    if (result.outcome === 'code-needed') return this.#refuse(context, { counts: true })
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
