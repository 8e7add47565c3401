/** What has to work for clients to be served. The names are told to whoever asks: they tell nothing else. */
export const readinessChecks = ['stopping', 'database', 'storages', 'data', 'sftp', 'ftp', 'http'] as const

export type ReadinessCheck = (typeof readinessChecks)[number]

/** Every check that is not passed now; none when clients can be served. Never fails. */
export type AskReadiness = () => Promise<readonly ReadinessCheck[]>
