import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { FtpClient } from '../protocols/ftp/ftp-client.ts'
import { defaultSettings, sourceMain, startProduct } from '../support/product.ts'
import { runProgram } from '../support/run-program.ts'
import { waitUntil } from '../support/wait-until.ts'
import { isRunning, workersOf } from '../workers/workers-world.ts'

// Who closes a terminal, or loses the connection to one, sends it to all that was started from it, often twice.
for (const workers of ['1', '2'])
  test(`with WORKERS=${workers} SIGHUP to all processes ends the server as SIGTERM does`, async () => {
    await using product = await startProduct({ env: { WORKERS: workers } })
    await product.addUser('ann')
    await mkdir(product.homeOf('ann'), { recursive: true })
    const user = { username: 'ann', password: 'ann-password', home: '' }
    const client = await FtpClient.signIn(product.ftpPort, user, { tls: false })
    const socket = await client.dataSocket(await client.passive())
    await client.command('STOR file', 150)
    socket.write('first ')
    const children = await workersOf(product)
    for (const pid of children) process.kill(pid, 'SIGHUP')
    await delay(300)
    assert.deepEqual(await workersOf(product), children)
    const exitCode = product.stop('SIGHUP')
    await waitUntil('the beginning of the stop', () => product.log.some((line) => /"stopping"/.test(line)))
    for (const pid of [product.pid, ...children.filter(isRunning)]) process.kill(pid, 'SIGHUP')
    socket.end('second')
    await client.reply(226)
    client[Symbol.dispose]()
    assert.equal(await exitCode, 0)
    assert.equal(await readFile(join(product.homeOf('ann'), 'file'), 'utf8'), 'first second')
  })

/** Starts a program on a terminal, closes that when the program is ready, and exits as it does; 99 for a signal. */
const closeTerminal = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
said = b''
while b'"msg":"ready"' not in said: said += os.read(terminal, 65536)
os.close(terminal)
status = os.waitpid(pid, 0)[1]
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 99)
`

test('a terminal that is closed ends the server well, though nobody reads what it writes', async () => {
  for (const workers of ['1', '2']) {
    const directory = await mkdtemp(join(tmpdir(), 'sighup-'))
    const env = { ...defaultSettings(directory), WORKERS: workers }
    const program = [process.execPath, sourceMain]
    const { exitCode, stderr } = await runProgram('python3', ['-c', closeTerminal, ...program], { env })
    assert.equal(exitCode, 0, `${workers}: ${stderr}`)
    await rm(directory, { recursive: true })
  }
})
