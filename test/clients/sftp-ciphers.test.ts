import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { runSftp } from '../support/ssh-programs.ts'
import { readOffer } from '../support/ssh-wire.ts'
import { hashOf, SshWorld } from '../support/ssh-world.ts'

const ciphers = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'chacha20-poly1305@openssh.com',
  'aes256-ctr',
]

describe('SSH ciphers and keys', { concurrency: 2 }, () => {
  let world: SshWorld
  before(async () => {
    world = await SshWorld.open()
  })
  after(() => world[Symbol.asyncDispose]())

  for (const cipher of ciphers)
    for (const option of ['none', 'rekey'] as const)
      test(`files move whole over ${cipher}${option === 'rekey' ? ' while keys change' : ''}`, async () => {
        const { target, home } = await world.addUser()
        const local = await world.localFile(option === 'rekey' ? 12_000_000 : 2_000_001)
        const back = `${local}.back`
        const options = ['-o', `Ciphers=${cipher}`, ...(option === 'rekey' ? ['-o', 'RekeyLimit=1M'] : [])]
        const commands = [`put "${local}" /f`, `get /f "${back}"`]
        // Verbose after the common options, which quieten it: the first of two settings counts.
        const outcome = await runSftp(target, commands, [...options, '-o', 'LogLevel=DEBUG1'])
        assert.ok(outcome.isOk, outcome.stderr.slice(-2_000))
        assert.equal(await hashOf(join(home, 'f')), await hashOf(local))
        assert.equal(await hashOf(back), await hashOf(local))
        assert.ok(outcome.stderr.includes(`cipher: ${cipher}`), 'the cipher that was asked for')
        const exchanges = outcome.stderr.match(/SSH2_MSG_NEWKEYS received/g)?.length ?? 0
        assert.ok(option === 'rekey' ? exchanges > 10 : exchanges === 1, `${exchanges} key exchanges`)
      })

  test('each host key type signs a handshake that OpenSSH accepts', async () => {
    const { target } = await world.addUser()
    for (const type of ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256']) {
      const outcome = await runSftp(target, ['pwd'], ['-o', `HostKeyAlgorithms=${type}`])
      assert.ok(outcome.isOk, `${type}: ${outcome.stderr}`)
    }
  })

  test('a client that knows better gets nothing that is mistrusted, also where it prefers that, and when keys change', async () => {
    const { target } = await world.addUser()
    const local = await world.localFile(4_000_000)
    const options = [
      ...['-o', 'KexAlgorithms=ecdh-sha2-nistp256,diffie-hellman-group14-sha256,curve25519-sha256'],
      ...['-o', 'Ciphers=aes256-ctr', '-o', 'MACs=hmac-sha2-256,hmac-sha2-512-etm@openssh.com'],
      ...['-o', 'RekeyLimit=1M', '-o', 'LogLevel=DEBUG1'],
    ]
    const { isOk, stderr } = await runSftp(target, [`put "${local}" /f`], options)
    assert.ok(isOk, stderr.slice(-2_000))
    const chosen = (pattern: RegExp) => [...new Set([...stderr.matchAll(pattern)].map(([, name]) => name))]
    assert.deepEqual(chosen(/kex: algorithm: (\S+)/g), ['curve25519-sha256'])
    assert.deepEqual(chosen(/kex: \S+ cipher: aes256-ctr MAC: (\S+)/g), ['hmac-sha2-512-etm@openssh.com'])
    assert.deepEqual(chosen(/kex: host key algorithm: (\S+)/g), ['ssh-ed25519'])
    assert.ok((stderr.match(/SSH2_MSG_NEWKEYS received/g)?.length ?? 0) > 2, 'keys were changed')
  })

  test('a client that knows the server by its ECDSA host key is shown that one', async () => {
    const { target } = await world.addUser()
    const options = ['-o', 'HostKeyAlgorithms=ecdsa-sha2-nistp256,ssh-ed25519', '-o', 'LogLevel=DEBUG1']
    const { isOk, stderr } = await runSftp(target, ['pwd'], options)
    assert.ok(isOk, stderr)
    assert.match(stderr, /kex: host key algorithm: ecdsa-sha2-nistp256/)
  })

  test('a client that waits for the offer of the server gets it, with nothing weak and nothing that is not implemented', async () => {
    const offer = await readOffer(world.product.sftpPort)
    const names = Object.values(offer).flat()
    assert.deepEqual(
      names.filter((name) => /sha1|-cbc|md5|arcfour|3des|group-exchange|group1-|umac-64/.test(name)),
      [],
    )
    assert.deepEqual(
      names.filter((name) => name === 'ssh-rsa' || name === 'ssh-dss'),
      [],
    )
    assert.deepEqual([offer.compressionIn, offer.compressionOut], [['none'], ['none']])
    assert.equal(offer.cipherIn[0], 'aes128-gcm@openssh.com')
    assert.deepEqual(offer.cipherIn, offer.cipherOut)
    assert.ok(offer.kex.includes('kex-strict-s-v00@openssh.com'), 'strict key exchange')
    for (const type of ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512'])
      assert.ok(offer.hostKey.includes(type), type)
  })

  test('old algorithms are offered only where a setting asks for them', async () => {
    await using old = await SshWorld.open({ SFTP_LEGACY_ALGORITHMS: 'true' })
    const offer = await readOffer(old.product.sftpPort)
    assert.ok(offer.cipherIn.includes('aes128-cbc') && offer.hostKey.includes('ssh-rsa'))
    assert.ok(!offer.kex.some((name) => name.includes('group-exchange')))
    const { target } = await old.addUser()
    const options = ['-o', 'Ciphers=aes128-cbc', '-o', 'MACs=hmac-sha1', '-o', 'HostKeyAlgorithms=ssh-rsa']
    const outcome = await runSftp(target, ['pwd'], options)
    assert.ok(outcome.isOk, outcome.stderr)
  })

  test('the compiled ciphers of ssh2 are in use', () => {
    const { bindingAvailable } = createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js') as {
      bindingAvailable: boolean
    }
    assert.equal(bindingAvailable, true)
    const levels = world.product.log.flatMap((line) => /"level":(\d+)/.exec(line)?.[1] ?? [])
    assert.ok(levels.length > 0)
    assert.deepEqual(
      world.product.log.filter((line) => /addon|fallback/i.test(line)),
      [],
    )
  })
})
