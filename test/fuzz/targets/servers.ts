import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { FtpClient } from '../../protocols/ftp/ftp-client.ts'
import { FtpWorld } from '../../protocols/ftp/ftp-world.ts'
import { newBrowser } from '../../protocols/http/files/browser.ts'
import { adminName, openHttpWorld } from '../../protocols/http/http-world.ts'
import { waitUntil } from '../../support/wait-until.ts'
import type { FuzzTarget } from '../fuzz-target.ts'
import { mutate, type Random } from '../random.ts'
import { ftpLines } from '../samples.ts'

const endsWithinMs = 20_000

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket, 'close', { signal: AbortSignal.timeout(endsWithinMs) })
}

/** Each input is a stream of commands, signed in or not. */
const ftp: FuzzTarget = {
  name: 'ftp-server',
  share: 12_000,
  async open() {
    const limits = { claimTimeoutMs: 20, maxLineBytes: 200, maxUnauthenticated: 1_000 }
    const world = await FtpWorld.open({ passivePorts: Array.from({ length: 20 }, () => 0), limits })
    const user = await world.addUser()
    const login = `USER ${user.username}\r\nPASS ${user.password}\r\n`
    return {
      atOnce: 20,
      async feed(random: Random) {
        const socket = connect({ port: world.port, host: '127.0.0.1', noDelay: true })
        socket.on('error', () => {}).resume()
        if (random.chance(0.7)) socket.write(login)
        const lines = Array.from({ length: 1 + random.below(15) }, () =>
          random.chance(0.5) ? random.pick(ftpLines) : mutate(ftpLines, random, 400),
        )
        const stream = Buffer.concat(lines)
        const cut = random.below(stream.length + 1)
        socket.write(stream.subarray(0, cut))
        socket.end(stream.subarray(cut))
        await closed(socket)
      },
      async stillWorks() {
        await waitUntil('the end of all sessions', () => world.connections.list().length === 0, endsWithinMs)
        using client = await FtpClient.signIn(world.port, user)
        await client.store('STOR after', 'content')
      },
      [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
    }
  },
}

interface HttpSample {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const json = { 'Content-Type': 'application/json' }
const tus = {
  'Tus-Resumable': '1.0.0',
  'Upload-Length': '5',
  'Upload-Metadata': 'path L2E=,overwrite dHJ1ZQ==',
}

/** Requests of every kind that change nothing which the others need. */
const requests: readonly HttpSample[] = [
  { method: 'GET', path: '/healthz' },
  { method: 'GET', path: '/' },
  { method: 'GET', path: '/users/ann@example/plugins/sftpgo/web/client' },
  { method: 'GET', path: '/api/v2/users?limit=10&offset=0&order=ASC' },
  { method: 'GET', path: '/api/v2/users/a%2Fb' },
  { method: 'GET', path: '/api/v2/openapi.json' },
  {
    method: 'POST',
    path: '/api/v2/users',
    headers: json,
    body: '{"username":"x","permissions":{"/":["*"]}}',
  },
  { method: 'POST', path: '/api/v2/folders', headers: json, body: '{"name":"f","mapped_path":"/srv"}' },
  { method: 'POST', path: '/api/v2/events/search', headers: json, body: '{"username":"x","actions":["a"]}' },
  { method: 'POST', path: '/api/v2/session/user', headers: json, body: '{"username":"x","password":"y"}' },
  { method: 'POST', path: '/api/v2/user/dirs', headers: json, body: '{"path":"/"}' },
  { method: 'POST', path: '/api/v2/user/files/stat', headers: json, body: '{"path":"/a"}' },
  {
    method: 'POST',
    path: '/api/v2/user/files/read',
    headers: json,
    body: '{"path":"/a","offset":0,"length":9}',
  },
  { method: 'POST', path: '/api/v2/user/files/text', headers: json, body: '{"path":"/t","text":"x"}' },
  { method: 'POST', path: '/api/v2/user/downloads', headers: json, body: '{"paths":["/a"],"archive":true}' },
  {
    method: 'POST',
    path: '/api/v2/user/jobs',
    headers: json,
    body: '{"action":"copy","paths":["/a"],"target":"/b"}',
  },
  { method: 'POST', path: '/api/v2/user/uploads', headers: tus },
  { method: 'HEAD', path: '/api/v2/user/uploads/abc', headers: { 'Tus-Resumable': '1.0.0' } },
  {
    method: 'PATCH',
    path: '/api/v2/user/uploads/abc',
    headers: { ...tus, 'Upload-Offset': '0' },
    body: 'hello',
  },
  { method: 'GET', path: '/api/v2/user/downloads/abc', headers: { Range: 'bytes=0-1', 'If-Range': '"x"' } },
]

function wire(
  sample: HttpSample,
  headers: Readonly<Record<string, string>>,
  body: Buffer | undefined,
): Buffer {
  const all = {
    ...{ Host: 'fuzz', Connection: 'close' },
    ...headers,
    ...sample.headers,
    ...(body && { 'Content-Length': String(body.length) }),
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = Buffer.from(`${sample.method} ${sample.path} HTTP/1.1\r\n${lines.join('')}\r\n`)
  return body ? Buffer.concat([head, body]) : head
}

/** Each input is one request: its bytes changed anywhere, or its body alone, with the right length. */
const http: FuzzTarget = {
  name: 'http-server',
  share: 20_000,
  async open() {
    const world = await openHttpWorld()
    const token = await world.addAdmin(adminName, ['*'])
    const browser = await newBrowser(world, 'ann')
    const asAdmin = { Authorization: `Bearer ${token}` }
    const bodies = requests.flatMap(({ body }) => (body === undefined ? [] : [Buffer.from(body)]))
    return {
      atOnce: 8,
      async feed(random: Random) {
        const sample = random.pick(requests)
        const headers = sample.path.includes('/user/') ? browser.headers : asAdmin
        const whole = wire(sample, headers, sample.body === undefined ? undefined : Buffer.from(sample.body))
        const isBodyAlone = sample.body !== undefined && random.chance(0.6)
        const stream = isBodyAlone ? wire(sample, headers, mutate(bodies, random)) : mutate([whole], random)
        const socket = connect({ port: world.port, host: '127.0.0.1', noDelay: true })
        let answer = ''
        socket
          .on('error', () => {})
          .on('data', (chunk: Buffer) => {
            if (answer.length < 1000) answer += chunk.toString('latin1')
          })
        socket.end(stream)
        await closed(socket)
        // Whatever is sent is the sender's mistake, never that of the server.
        if (/^HTTP\/1\.1 500/.test(answer)) throw new Error(`${answer}\nto\n${stream.toString('latin1')}`)
      },
      async stillWorks() {
        const { status } = await world.call('GET', '/api/v2/users', undefined, asAdmin)
        if (status !== 200) throw new Error(`users are answered by ${status}`)
      },
      [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
    }
  },
}

export const serverTargets: readonly FuzzTarget[] = [ftp, http]
