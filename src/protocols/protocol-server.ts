/** What app.ts starts and stops for every protocol. */
export interface ProtocolServer {
  readonly protocol: string
  /** Where it listens, e.g. '127.0.0.1:2022'; known after start(). */
  readonly addresses: readonly string[]
  /** Resolves when it listens. @throws when a port is taken */
  start(): Promise<void>
  /** Takes no new connections, gives running transfers `graceMs` to end, then closes. Called once start() has settled. Idempotent. */
  stop(graceMs?: number): Promise<void>
}
