/**
 * SSH sign-ins as fast as the server lets them, in a process of its own that does nothing else. Argument: JSON of `Task`;
 * prints one line of JSON. Every server sees the same client: curve25519, an ed25519 host key, the ed25519 key of the user.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectSocket } from 'node:net'
import ssh2, { type Client, type ClientChannel, type SFTPWrapper } from 'ssh2'

interface Task {
  readonly kind: 'logins' | 'first-byte' | 'hold'
  readonly port: number
  readonly username: string
  readonly keyFile: string
  readonly count: number
  readonly atOnce: number
  /** Of `first-byte`: the file whose beginning is read. */
  readonly file?: string
}

const task = JSON.parse(process.argv[2] ?? '') as Task
const privateKey = readFileSync(task.keyFile)

async function connect(): Promise<Client> {
  const client = new ssh2.Client()
  client.connect({
    // As OpenSSH does: else a small packet may wait 40 ms for the server's delayed ACK, whoever the server is.
    sock: connectSocket({ host: '127.0.0.1', port: task.port, noDelay: true }),
    username: task.username,
    privateKey,
    readyTimeout: 60_000,
    keepaliveInterval: 0,
    algorithms: {
      kex: ['curve25519-sha256'],
      serverHostKey: ['ssh-ed25519'],
      cipher: ['aes128-gcm@openssh.com'],
    },
  })
  await once(client, 'ready')
  return client
}

async function end(client: Client): Promise<void> {
  const closed = once(client, 'close')
  client.end()
  await closed
}

/** Does the work `count` times, `atOnce` of them at any time. */
async function repeat(work: () => Promise<void>): Promise<void> {
  let left = task.count
  const worker = async () => {
    while (left-- > 0) await work()
  }
  await Promise.all(Array.from({ length: task.atOnce }, worker))
}

async function timeLogins(): Promise<object> {
  const startedAt = performance.now()
  await repeat(async () => end(await connect()))
  return { seconds: (performance.now() - startedAt) / 1000 }
}

/** Milliseconds from the first packet of a connection to the first byte of a file, for each connection. */
async function timeFirstBytes(): Promise<object> {
  const milliseconds: number[] = []
  await repeat(async () => {
    const startedAt = performance.now()
    const client = await connect()
    const sftp = await answer<SFTPWrapper>((done) => client.sftp(done))
    const handle = await answer<Buffer>((done) => sftp.open(task.file ?? '', 'r', done))
    const bytes = Buffer.alloc(4096)
    const count = await answer<number>((done) => sftp.read(handle, bytes, 0, bytes.length, 0, done))
    if (count === 0) throw new Error('the file is empty')
    milliseconds.push(performance.now() - startedAt)
    await end(client)
  })
  return { milliseconds }
}

/** Keeps sessions of SFTP open and idle until somebody ends this process. */
async function hold(): Promise<object> {
  await repeat(async () => {
    const client = await connect()
    const channel = await answer<ClientChannel>((done) => client.subsys('sftp', done))
    client.on('close', () => {
      console.error('the server ended a session')
      process.exitCode = 1
    })
    // INIT of version 3; the session is a real one when its answer is here.
    const version = once(channel, 'data')
    channel.write(Buffer.from([0, 0, 0, 5, 1, 0, 0, 0, 3]))
    await version
  })
  return { held: task.count }
}

function answer<T>(call: (done: (error: Error | null | undefined, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => (error ? reject(error) : resolve(value)))
  })
}

const work = { logins: timeLogins, 'first-byte': timeFirstBytes, hold }
console.log(JSON.stringify(await work[task.kind]()))
