import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { runProgram } from '../support/run-program.ts'
import { SshWorld } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'

const proxy = '127.0.0.5'
const client = '127.0.0.9'

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      for (;;) {
        // Below those that the kernel gives to whoever asks for any: nobody takes it before it is used.
        const server = createServer().listen(randomInt(20_000, 32_000), '127.0.0.1')
        try {
          await once(server, 'listening')
          return server
        } catch {
          // This one is in use.
        }
      }
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  for (const server of servers) server.close()
  return ports
}

/** What the server sends to who begins with `bytes`, until it closes. */
async function answerTo(port: number, bytes: string | Buffer, from: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from })
  let answer = ''
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1'))).on('error', () => {})
  socket.write(bytes)
  const isLate = await Promise.race([
    once(socket, 'close').then(() => false),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 10_000)),
  ])
  socket.destroy()
  assert.ok(!isLate, 'the server did not close')
  return answer
}

for (const workers of ['1', '2'])
  describe(`PROXY headers (${workers} workers)`, { concurrency: 1 }, () => {
    let world: SshWorld
    let haproxy: ChildProcess
    /** Of haproxy, by what it speaks to which port of ours. */
    const fronts: { name: string; url: string }[] = []
    before(async () => {
      const [implicit = 0, ...ports] = await freePorts(7)
      world = await SshWorld.open({
        ...{ WORKERS: workers, PROXY_PROTOCOL_FROM: proxy, FTP_IMPLICIT_TLS_PORT: String(implicit) },
      })
      const { sftpPort, ftpPort } = world.product
      const lines = [
        'defaults',
        ' mode tcp',
        ' timeout connect 5s',
        ' timeout client 30s',
        ' timeout server 30s',
      ]
      const targets = { sftp: sftpPort, ftp: ftpPort, ftps: implicit }
      for (const [index, [scheme, version]] of Object.keys(targets)
        .flatMap(
          (scheme) =>
            [
              [scheme, 'send-proxy'],
              [scheme, 'send-proxy-v2'],
            ] as const,
        )
        .entries()) {
        const port = ports[index] ?? 0
        const target = targets[scheme as keyof typeof targets]
        lines.push(
          `listen l${index}`,
          ` bind 127.0.0.1:${port}`,
          ` server s 127.0.0.1:${target} ${version} source ${proxy}`,
        )
        fronts.push({ name: `${scheme} ${version}`, url: `${scheme}://127.0.0.1:${port}/` })
      }
      const file = join(world.scratch, 'haproxy.cfg')
      await writeFile(file, `${lines.join('\n')}\n`)
      haproxy = spawn('haproxy', ['-db', '-q', '-f', file], {
        stdio: 'ignore',
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      })
      const last = Number(new URL(fronts.at(-1)?.url ?? '').port)
      await waitUntil('haproxy', async () => {
        const socket = connect(last, '127.0.0.1')
        const isOpen = await once(socket, 'connect').then(
          () => true,
          () => false,
        )
        socket.destroy()
        return isOpen
      })
    })
    after(async () => {
      haproxy.kill()
      await world[Symbol.asyncDispose]()
    })

    test('curl through haproxy is known by its own address, over SFTP, FTP and FTPS, in both versions', async () => {
      for (const { name, url } of fronts) {
        const user = await world.addUser()
        const file = await world.localFile(300_000)
        const common = ['-sS', '-k', '--max-time', '30', '--interface', client, '--ftp-skip-pasv-ip']
        const credentials = ['-u', `${user.username}:${user.username}-password`]
        const put = await runProgram('curl', [...common, ...credentials, '-T', file, `${url}f`])
        // The passive port is reached directly here, from another address than the proxy's.
        if (url.startsWith('sftp')) assert.ok(put.isOk, `${name}: ${put.stderr}`)
        await waitUntil(`${name} in the log`, () =>
          world.product.log.some(
            (line) =>
              line.includes(`"username":"${user.username}"`) && line.includes(`"remoteAddress":"${client}"`),
          ),
        )
      }
    })

    test('who is no trusted proxy has no header read, and a trusted one is served nothing without', async () => {
      const header = `PROXY TCP4 192.0.2.77 127.0.0.1 1 2\r\n`
      const { sftpPort, ftpPort } = world.product
      const untrusted = await answerTo(ftpPort, `${header}QUIT\r\n`, '127.0.0.1')
      assert.match(untrusted, /^220 [^\n]*\r\n5\d\d [^\n]*\r\n221 /)
      await answerTo(sftpPort, `${header}SSH-2.0-x\r\n${'x'.repeat(200)}`, '127.0.0.1')
      for (const bytes of ['USER ann\r\n', 'PROXY TCP4 300.0.0.1 1 2 3\r\n', Buffer.alloc(5000, 'P')])
        assert.equal(await answerTo(ftpPort, bytes, proxy), '')
      for (const bytes of ['SSH-2.0-x\r\n', 'PROXY TCP4 300.0.0.1 1 2 3\r\n'])
        assert.doesNotMatch(await answerTo(sftpPort, bytes, proxy), /\0/)
      assert.ok(!world.product.log.join('\n').includes('192.0.2.77'))
    })

    test('a header that does not come is waited for a few seconds', async () => {
      assert.equal(await answerTo(world.product.ftpPort, '', proxy), '')
      assert.match(await answerTo(world.product.sftpPort, 'PROXY', proxy), /^(SSH-2\.0-[^\r]*\r\n[^]*)?$/)
    })
  })
