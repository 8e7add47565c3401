/**
 * FTPS clients of one address that all transfer at the same time, with a delay between each reply that names the passive
 * port and the connection to it. The argument is JSON; it prints {"seconds"}: from when all are signed in to the last reply.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { FtpClient, readAll } from '../../test/protocols/ftp/ftp-client.ts'

interface Given {
  readonly port: number
  /** One client each. */
  readonly usernames: readonly string[]
  readonly password: string
  /** Of each client: half of them up, half of them down. */
  readonly transfers: number
  readonly delayMs: number
  readonly bytes: number
}

const given = JSON.parse(process.argv[2] ?? '{}') as Given
const { port, usernames, password, bytes, delayMs } = given

async function dataConnection(client: FtpClient) {
  const passivePort = await client.passive()
  await sleep(delayMs)
  return client.dataSocket(passivePort)
}

async function store(client: FtpClient, name: string, content: Buffer): Promise<void> {
  const socket = await dataConnection(client)
  await client.command(`STOR ${name}`, 150)
  const stream = await client.secureData(socket)
  stream.end(content)
  stream.resume()
  await client.reply(226)
}

async function retrieve(client: FtpClient, name: string): Promise<Buffer> {
  const socket = await dataConnection(client)
  await client.command(`RETR ${name}`, 150)
  const stream = await client.secureData(socket)
  const content = await readAll(stream)
  stream.end()
  await client.reply(226)
  return content
}

async function transfer(client: FtpClient, index: number): Promise<void> {
  for (let round = 0; round < given.transfers / 2; round++) {
    const content = randomBytes(bytes)
    await store(client, `file-${index}-${round}`, content)
    if (!content.equals(await retrieve(client, `file-${index}-${round}`)))
      throw new Error(`client ${index} got another file than its own`)
  }
}

const clients = await Promise.all(
  usernames.map((username) => FtpClient.signIn(port, { username, password }, { tls: true })),
)
const startedAt = performance.now()
await Promise.all(clients.map(transfer))
const seconds = (performance.now() - startedAt) / 1000
for (const client of clients) client[Symbol.dispose]()
console.log(JSON.stringify({ seconds }))
