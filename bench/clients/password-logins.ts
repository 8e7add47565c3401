/**
 * SSH clients that sign in with a password, begin SFTP and leave. The argument is JSON; it prints {"failures"}, the words
 * of each login that did not come about.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'ssh2'

interface Given {
  readonly port: number
  /** One login each: the server remembers for minutes that a password was right, and does not hash it again. */
  readonly usernames: readonly string[]
  readonly password: string
  /** Over which they are spread; 0 for all at once. */
  readonly spreadMs: number
}

const { port, usernames, password, spreadMs } = JSON.parse(process.argv[2] ?? '{}') as Given

/**
 * A server may refuse connections while many others are not signed in yet, or end the oldest of them and say so; as
 * people do, the client tries again.
 */
const againAfterMs = 200
const toldToComeBack = /try again later/i
const patienceMs = 60_000

async function signIn(username: string, index: number): Promise<void> {
  await sleep((spreadMs / usernames.length) * index)
  const deadline = performance.now() + patienceMs
  while (!(await isSignedIn(username))) {
    if (performance.now() > deadline) throw new Error('the server refuses connections')
    await sleep(againAfterMs)
  }
}

/** False when the server had no place for it. @throws when the login itself fails */
async function isSignedIn(username: string): Promise<boolean> {
  const client = new Client()
  const ended = Promise.withResolvers<boolean>()
  let hasHandshake = false
  client.once('handshake', () => (hasHandshake = true))
  client.on('error', (error) => {
    if (hasHandshake && !toldToComeBack.test(error.message)) ended.reject(error)
    else ended.resolve(false)
  })
  client.once('close', () => ended.resolve(false))
  client.once('ready', () => client.sftp((error) => (error ? ended.reject(error) : ended.resolve(true))))
  client.connect({ host: '127.0.0.1', port, username, password, readyTimeout: patienceMs })
  try {
    return await ended.promise
  } finally {
    client.end()
  }
}

const outcomes = await Promise.allSettled(usernames.map(signIn))
const failures = outcomes.flatMap((outcome) =>
  outcome.status === 'rejected' ? [String(outcome.reason)] : [],
)
console.log(JSON.stringify({ failures }))
