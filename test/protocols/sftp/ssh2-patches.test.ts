import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import ssh2 from 'ssh2'
import { applyPatches, patches, stateOf } from '../../../scripts/ssh2-patches.mjs'
import { isCryptoAddonLoaded } from '../../../src/protocols/sftp/crypto-addon.ts'
import { offeredAlgorithms } from '../../../src/protocols/sftp/ssh-algorithms.ts'
import { openSftpWorld, RawSftp } from '../../support/sftp-world.ts'
import { waitUntil } from '../../support/wait-until.ts'

interface Messages {
  _handlers: { EXT_INFO?: (protocol: unknown, extensions: { name: string; algs: string[] }[]) => void }
}

for (const patch of patches)
  test(`ssh2 is patched: ${patch.name}`, () => {
    const state = stateOf(patch)
    const advice = {
      applied: '',
      applicable: 'run `node scripts/postinstall.mjs`',
      needless: 'ssh2 has changed: remove the patch if the tests below pass without it, or write it anew',
    }
    assert.equal(state, 'applied', `${patch.reason} ${advice[state]}`)
  })

test('applies patches once, and refuses an ssh2 that they do not fit', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ssh2-'))
  try {
    const installed = dirname(createRequire(import.meta.url).resolve('ssh2/package.json'))
    await cp(join(installed, 'lib'), join(directory, 'lib'), { recursive: true })
    applyPatches(directory)
    assert.deepEqual(
      patches.map((patch) => stateOf(patch, directory)),
      patches.map(() => 'applied'),
    )
    await cp(join(installed, 'package.json'), join(directory, 'lib/server.js'))
    assert.throws(() => applyPatches(directory), /ssh2 has changed/)
  } finally {
    await rm(directory, { recursive: true })
  }
})

// The abort itself comes once in many thousand connections, when the collector happens to run at the wrong moment.
test('the crypto addon leaves nothing to do for the garbage collector that can end the process', async () => {
  const packageFile = createRequire(import.meta.url).resolve('ssh2/package.json')
  const addon = join(dirname(packageFile), 'lib/protocol/crypto/build/Release/sshcrypto.node')
  assert.ok(!(await readFile(addon)).includes('RemoveEnvironmentCleanupHook'))
})

test('knows a client whose first line comes letter by letter', async () => {
  await using world = await openSftpWorld()
  const socket = connect({ host: '127.0.0.1', port: world.port }).setNoDelay()
  const received: Buffer[] = []
  socket.on('data', (bytes) => received.push(bytes))
  for (const letter of 'SSH-2.0-slow\r\n') {
    socket.write(letter)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  // Its own first line is followed by the beginning of a key exchange.
  await waitUntil('the key exchange begins', () =>
    Buffer.concat(received).includes('curve25519-sha256@libssh.org'),
  )
  socket.destroy()
})

test('announces every signature algorithm that the server takes, each by its name', async () => {
  await using world = await openSftpWorld()
  const client = new ssh2.Client()
  const announced = Promise.withResolvers<string[]>()
  client.on('error', announced.reject)
  client.connect({ host: '127.0.0.1', port: world.port, username: 'ann', password: 'ann-password' })
  const { _protocol: protocol } = client as unknown as { _protocol: Messages }
  protocol._handlers.EXT_INFO = (_protocol, extensions) =>
    announced.resolve(extensions.find(({ name }) => name === 'server-sig-algs')?.algs ?? [])
  assert.deepEqual(await announced.promise, [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ])
  client.end()
})

test('proves itself with ssh-rsa only where legacy algorithms are allowed', async () => {
  await using modern = await openSftpWorld()
  await using legacy = await openSftpWorld({ algorithms: 'legacy' })
  const algorithms = { serverHostKey: ['ssh-rsa'] as const }
  await assert.rejects(modern.connect({ algorithms: algorithms as never }), /host key/)
  await legacy.connect({ algorithms: algorithms as never })
})

test('the crypto addon is loaded', () => {
  assert.ok(isCryptoAddonLoaded(), 'run `node scripts/postinstall.mjs`')
})

test('every cipher and MAC on offer carries much data both ways', async () => {
  await using world = await openSftpWorld()
  const { cipher, hmac, kex } = offeredAlgorithms('compatible') as unknown as Record<string, string[]>
  const pairs = [
    ...(cipher ?? []).map((name) => ({ cipher: [name] })),
    ...(hmac ?? []).map((name) => ({ cipher: ['aes256-ctr'], hmac: [name] })),
    ...(kex ?? []).map((name) => ({ kex: [name] })),
  ]
  const bytes = Buffer.alloc(300_000, 'data')
  for (const algorithms of pairs) {
    const client = await world.connect({ algorithms: algorithms as never })
    const sftp = await RawSftp.open(client)
    const file = await sftp.open('/file', 1 | 2 | 8 | 16)
    for (let i = 0; i < 3; i++) assert.equal(await sftp.write(file, i * 80_000, bytes.subarray(0, 80_000)), 0)
    assert.equal(await sftp.close(file), 0)
    const reader = await sftp.open('/file', 1)
    assert.deepEqual(
      await sftp.read(reader, 0, 240_000),
      bytes.subarray(0, 240_000),
      JSON.stringify(algorithms),
    )
    client.end()
  }
})
