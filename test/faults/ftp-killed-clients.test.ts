import assert from 'node:assert/strict'
import { mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { runProgram } from '../support/run-program.ts'
import { waitUntil } from '../support/wait-until.ts'
import { type Product, startProduct } from '../support/product.ts'
import { FtpClient, gone } from '../protocols/ftp/ftp-client.ts'

/** Sends some of a file and is killed; the kernel closes its connections by their numbers, the lower one first. */
const killedClient = `
import os, socket, sys, time
port, first, command = int(sys.argv[1]), sys.argv[2], sys.argv[3]
spare = os.open('/dev/null', os.O_RDONLY)
control = socket.create_connection(('127.0.0.1', port))
lines = control.makefile('r')
def ask(line):
    control.sendall((line + '\\r\\n').encode())
    return lines.readline()
lines.readline()
ask('USER ann'); ask('PASS ann-password'); ask('TYPE I')
data = socket.create_connection(('127.0.0.1', int(ask('EPSV').split('|')[3])))
if first == 'data':
    os.dup2(data.fileno(), spare)
    data.close()
    data = socket.socket(fileno=spare)
ask(command)
data.sendall(b'h' * 300000)
time.sleep(0.05)
os.kill(os.getpid(), 9)
`

const original = 'the original'

describe('clients over FTP in clear that are killed in the middle of an upload', { concurrency: 1 }, () => {
  let product: Product
  before(async () => {
    product = await startProduct()
    await product.addUser('ann')
    await mkdir(product.homeOf('ann'), { recursive: true })
  })
  after(() => product[Symbol.asyncDispose]())
  const at = (name: string) => join(product.homeOf('ann'), name)
  const allGone = () =>
    waitUntil('no session', async () => {
      const { body } = await product.api('GET', '/connections')
      return (body as unknown[]).length === 0
    })

  /**
   * In how many of `rounds` the original was replaced. On a busy machine the kernel can be held up between the ends of the two
   * connections for longer than the server takes; without the look at the control connection it is each round.
   */
  async function replacedIn(rounds: number, kill: () => Promise<void>): Promise<number> {
    let replaced = 0
    for (let round = 0; round < rounds; round++) {
      await writeFile(at('file'), original)
      await kill()
      await allGone()
      if ((await stat(at('file'))).size !== original.length) replaced++
    }
    return replaced
  }

  for (const first of ['control', 'data'] as const) {
    test(`leave the original when their ${first} connection ends first, in nearly all of 25 rounds`, async () => {
      const args = ['-c', killedClient, String(product.ftpPort), first, 'STOR file']
      const replaced = await replacedIn(25, async () => void (await runProgram('python3', args)))
      assert.ok(replaced <= 6, `${replaced} of 25`)
    })

    test(`keep what arrived of a new file when their ${first} connection ends first`, async () => {
      await runProgram('python3', ['-c', killedClient, String(product.ftpPort), first, `STOR new-${first}`])
      await allGone()
      assert.equal((await stat(at(`new-${first}`))).size, 300_000)
    })
  }

  test('leave the original when they are curl', async () => {
    const local = join(product.homeOf('ann'), '..', 'local')
    await writeFile(local, '')
    await truncate(local, 60_000_000)
    const url = `ftp://127.0.0.1:${product.ftpPort}/file`
    const args = ['-s', '--limit-rate', '10M', '-u', 'ann:ann-password', '-T', local, url]
    const replaced = await replacedIn(5, async () => {
      const { exitCode } = await runProgram('curl', args, { timeoutMs: 500 })
      assert.equal(exitCode, null)
    })
    assert.ok(replaced <= 2, `${replaced} of 5`)
  })
})

/** An overwrite of which half is sent, by a client that can end its sending side and read on, as `nc -N` does. */
async function openHalfSent() {
  await using stack = new AsyncDisposableStack()
  const product = stack.use(await startProduct())
  await product.addUser('ann')
  await mkdir(product.homeOf('ann'), { recursive: true })
  const file = join(product.homeOf('ann'), 'file')
  await writeFile(file, original)
  const client = stack.use(await FtpClient.connect(product.ftpPort))
  client.socket.allowHalfOpen = true
  await client.reply(220)
  await client.command('USER ann', 331)
  await client.command('PASS ann-password', 230)
  const data = await client.dataSocket(await client.passive())
  await client.command('STOR file', 150)
  data.write('half')
  const rest = stack.move()
  return { file, client, data, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

for (const stage of ['before', 'after'] as const) {
  test(`an upload is stored and answered when QUIT and the end of what is sent come ${stage} its last byte`, async () => {
    await using upload = await openHalfSent()
    const { client, data } = upload
    if (stage === 'after') data.end('half')
    client.socket.end('QUIT\r\n')
    if (stage === 'before') {
      await new Promise((resolve) => setTimeout(resolve, 100))
      data.end('half')
    }
    await client.reply(226)
    await client.reply(221)
    await client.closed()
    assert.equal(await readFile(upload.file, 'utf8'), 'halfhalf')
  })
}

test('without QUIT the end of the control connection breaks an upload off, as RFC 959 §4.1.1 has it', async () => {
  await using upload = await openHalfSent()
  upload.client.socket.end()
  await gone(upload.data)
  await upload.client.closed()
  assert.equal(await readFile(upload.file, 'utf8'), original)
})
