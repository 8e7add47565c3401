import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { promisify } from 'node:util'
import { silentLog } from '../../src/core/log.ts'
import { CertificateStore } from '../../src/tls/certificate-store.ts'
import { issueCertificate, makeCertificate, type IssueMode } from '../support/certificates.ts'
import { certificateWorld, servedFingerprint, until, whenJudged } from './certificate-world.ts'

const dayMs = 24 * 60 * 60 * 1000
const host = 'example.test'

suite('choice by server name', () => {
  test('serves the exact host before a wildcard, and the default host to all others', async () => {
    await using world = await certificateWorld()
    const base = await issueCertificate(world.directory, host)
    const wildcard = await issueCertificate(world.directory, '*.example.test')
    const exact = await issueCertificate(world.directory, 'ftp.example.test')
    const store = await world.openStore()
    const expectations = [
      ['ftp.example.test', exact],
      ['FTP.Example.Test.', exact],
      ['other.example.test', wildcard],
      ['example.test', base],
      ['deep.other.example.test', base],
      ['elsewhere.test', base],
      ['', base],
      ['../example.test', base],
      [undefined, base],
    ] as const
    for (const [servername, certificate] of expectations) {
      assert.equal(servedFingerprint(store, servername), certificate.fingerprint256, `for ${servername}`)
    }
  })

  test('serves the default host from a wildcard that covers it', async () => {
    await using world = await certificateWorld()
    const wildcard = await issueCertificate(world.directory, '*.example.test')
    const store = await world.openStore({ defaultHost: 'cloud.example.test' })
    assert.equal(servedFingerprint(store), wildcard.fingerprint256)
  })

  test('prefers a valid wildcard to an expired certificate of the very host', async () => {
    await using world = await certificateWorld()
    await issueCertificate(world.directory, 'ftp.example.test', {
      notAfter: Date.now() - dayMs,
      notBefore: 0,
    })
    const wildcard = await issueCertificate(world.directory, '*.example.test')
    const store = await world.openStore()
    assert.equal(servedFingerprint(store, 'ftp.example.test'), wildcard.fingerprint256)
  })

  test('without a default host serves the one certificate there is', async () => {
    await using world = await certificateWorld()
    const only = await issueCertificate(world.directory, 'only.test')
    const store = await world.openStore({ defaultHost: undefined })
    assert.equal(servedFingerprint(store), only.fingerprint256)
    assert.equal(servedFingerprint(store, 'other.test'), only.fingerprint256)
  })

  test('has nothing to serve before it is started, and says so', async () => {
    await using world = await certificateWorld()
    const { directory, dataDirectory, bus } = world
    const store = new CertificateStore({ directory, dataDirectory, events: bus, log: silentLog })
    assert.throws(() => store.secureContextFor(), { code: 'unavailable' })
  })
})

suite('taking over new certificates', () => {
  for (const mode of ['inplace', 'rename', 'symlink', 'keyFirst'] satisfies IssueMode[]) {
    test(`takes over a pair written by ${mode}, once for each change`, async () => {
      await using world = await certificateWorld()
      await issueCertificate(world.directory, host, { mode })
      const store = await world.openStore()
      for (let renewal = 2; renewal <= 4; renewal += 1) {
        const next = await issueCertificate(world.directory, host, { mode })
        await until('the new one is served', () => servedFingerprint(store) === next.fingerprint256)
        await whenJudged(world)
        assert.equal(world.loadedOf(host), renewal)
      }
    })
  }

  test('takes over new bytes of the same size and time', async () => {
    await using world = await certificateWorld()
    const issued = await issueCertificate(world.directory, host)
    const store = await world.openStore()
    const file = join(world.directory, host, 'fullchain.pem')
    await utimes(file, 1, 1)
    const grown = `${issued.cert}#\n`
    await writeFile(file, grown)
    await utimes(file, 1, 1)
    await until('the longer file is served', () => store.credentialsFor().cert === grown)
    const other = `${issued.cert}%\n`
    await writeFile(file, other)
    await utimes(file, 1, 1)
    await until('the other file is served', () => store.credentialsFor().cert === other)
  })

  test('says nothing about files that are rewritten with the same bytes', async () => {
    await using world = await certificateWorld()
    const { cert, key } = await issueCertificate(world.directory, host)
    await world.openStore()
    await writeFile(join(world.directory, host, 'fullchain.pem'), cert)
    await writeFile(join(world.directory, host, 'privkey.pem'), key)
    await whenJudged(world)
    assert.equal(world.loadedOf(host), 1)
  })

  test('finds a directory that appears later, with and without hints', async () => {
    for (const watch of [true, false]) {
      await using world = await certificateWorld()
      const store = await world.openStore({ watch })
      assert.equal(store.status()[0]?.source, 'self-signed')
      const issued = await issueCertificate(world.directory, host)
      await until('it is served', () => servedFingerprint(store) === issued.fingerprint256)
      assert.equal(store.status()[0]?.source, 'file')
    }
  })

  test('hears of a change long before the poll when the file system tells', async () => {
    await using world = await certificateWorld()
    await issueCertificate(world.directory, host)
    const store = await world.openStore({ watch: true, pollMs: 60_000 })
    // A watch is set up in the background and tells nobody when it is ready, so the change is made until it is heard.
    let expected = ''
    const isServed = () => servedFingerprint(store) === expected
    for (let attempt = 0; attempt < 20 && !isServed(); attempt += 1) {
      expected = (await issueCertificate(world.directory, host)).fingerprint256
      await until('it is heard of', isServed, 500).catch(() => {})
    }
    assert.ok(isServed())
  })

  test('begins with what another store serves, whatever the files are by then, and takes over the next good pair', async () => {
    await using world = await certificateWorld()
    const [first, other] = [
      await issueCertificate(world.directory, host),
      await issueCertificate(world.directory, 'other.test'),
    ]
    const neighbour = await world.openStore()
    await issueCertificate(world.directory, host, { mode: 'mismatched' })
    await rm(join(world.directory, 'other.test'), { recursive: true })
    const store = await world.openStore({ known: neighbour.pairs })
    assert.equal(servedFingerprint(store), first.fingerprint256)
    assert.equal(servedFingerprint(store, 'other.test'), other.fingerprint256)
    assert.deepEqual(
      store.status().map(({ source }) => source),
      ['file', 'file'],
    )
    const next = await issueCertificate(world.directory, host)
    await until('the next one is served', () => servedFingerprint(store) === next.fingerprint256)
    assert.equal(servedFingerprint(store, 'other.test'), other.fingerprint256)
  })

  test('keeps its ticket keys', async () => {
    await using world = await certificateWorld()
    const store = await world.openStore()
    const before = Buffer.from(store.ticketKeys)
    const issued = await issueCertificate(world.directory, host)
    await until('it is served', () => servedFingerprint(store) === issued.fingerprint256)
    assert.equal(before.length, 48)
    assert.deepEqual(store.ticketKeys, before)
    assert.deepEqual(store.secureContextFor().context.getTicketKeys(), before)
  })
})

suite('certificates that cannot be served', () => {
  const breakages: Record<string, { reason: RegExp; spoil: (home: string) => Promise<unknown> }> = {
    'is cut short': {
      reason: /not complete PEM/,
      spoil: (home) => issueCertificate(join(home, '..'), host, { mode: 'truncated' }),
    },
    'is cut short in the second certificate of its chain': {
      reason: /not complete PEM/,
      spoil: async (home) => {
        const { cert, key } = await makeCertificate(host)
        await writeFile(join(home, 'fullchain.pem'), cert + cert.slice(0, 200))
        await writeFile(join(home, 'privkey.pem'), key)
      },
    },
    'has the key of another': {
      reason: /does not belong/,
      spoil: (home) => issueCertificate(join(home, '..'), host, { mode: 'mismatched' }),
    },
    'lost its key': { reason: /privkey.pem is missing/, spoil: (home) => rm(join(home, 'privkey.pem')) },
    'lost its certificate': {
      reason: /fullchain.pem is missing/,
      spoil: (home) => rm(join(home, 'fullchain.pem')),
    },
    'has an empty key': {
      reason: /does not parse/,
      spoil: (home) => writeFile(join(home, 'privkey.pem'), ''),
    },
    'is no certificate inside': {
      reason: /does not parse/,
      spoil: (home) =>
        writeFile(
          join(home, 'fullchain.pem'),
          '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
        ),
    },
    'is a directory': {
      reason: /cannot be read/,
      spoil: async (home) => {
        await rm(join(home, 'fullchain.pem'))
        await mkdir(join(home, 'fullchain.pem'))
      },
    },
    'is a named pipe that nobody writes to': {
      reason: /cannot be read/,
      spoil: async (home) => {
        await promisify(execFile)('mkfifo', [join(home, 'pipe')])
        await rename(join(home, 'pipe'), join(home, 'privkey.pem'))
      },
    },
    'is far too large': {
      reason: /cannot be read/,
      spoil: (home) => writeFile(join(home, 'fullchain.pem'), Buffer.alloc(1024 * 1024, 0x20)),
    },
    'has expired': {
      reason: /expired/,
      spoil: (home) =>
        issueCertificate(join(home, '..'), host, { notBefore: 0, notAfter: Date.now() - dayMs }),
    },
    'is not valid yet': {
      reason: /not valid yet/,
      spoil: (home) => issueCertificate(join(home, '..'), host, { notBefore: Date.now() + dayMs }),
    },
    'is gone': { reason: /gone/, spoil: (home) => rm(home, { recursive: true }) },
  }

  for (const [name, { reason, spoil }] of Object.entries(breakages)) {
    test(`keeps the old pair when the new one ${name}, says so once, and recovers`, async () => {
      await using world = await certificateWorld()
      const old = await issueCertificate(world.directory, host)
      const store = await world.openStore()
      const home = join(world.directory, host)
      await spoil(home)
      // On a slow machine the state between two writes may be judged too, and is another problem.
      const rejections = () => world.rejectedOf(host).filter((rejection) => reason.test(rejection))
      await until('it is rejected', () => rejections().length > 0)
      await whenJudged(world)
      assert.equal(rejections().length, 1)
      assert.equal(servedFingerprint(store), old.fingerprint256)
      assert.match(store.status().find((status) => status.host === host)?.problem ?? '', reason)

      await rm(home, { recursive: true, force: true })
      const good = await issueCertificate(world.directory, host)
      await until('the good one is served', () => servedFingerprint(store) === good.fingerprint256)
      assert.equal(store.status().find((status) => status.host === host)?.problem, undefined)
    })
  }

  test('tells the same problem again after a good certificate in between', async () => {
    await using world = await certificateWorld()
    await issueCertificate(world.directory, host)
    const store = await world.openStore()
    await issueCertificate(world.directory, host, { mode: 'mismatched' })
    await until('it is rejected', () => world.rejectedOf(host).length === 1)
    const good = await issueCertificate(world.directory, host)
    await until('the good one is served', () => servedFingerprint(store) === good.fingerprint256)
    await issueCertificate(world.directory, host, { mode: 'mismatched' })
    await until('it is rejected again', () => world.rejectedOf(host).length === 2)
  })

  test('clears the problem when the files of the pair in use come back', async () => {
    await using world = await certificateWorld()
    const { key } = await issueCertificate(world.directory, host)
    const store = await world.openStore()
    await writeFile(join(world.directory, host, 'privkey.pem'), 'nonsense')
    await until('it is rejected', () => store.status()[0]?.problem !== undefined)
    await writeFile(join(world.directory, host, 'privkey.pem'), key)
    await until('the problem is gone', () => store.status()[0]?.problem === undefined)
    assert.equal(world.loadedOf(host), 1)
  })

  test('shows a host whose files were never good, and forgets it with them', async () => {
    await using world = await certificateWorld()
    await issueCertificate(world.directory, 'bad.test', { mode: 'mismatched' })
    await issueCertificate(world.directory, host)
    const store = await world.openStore()
    const bad = () => store.status().find((status) => status.host === 'bad.test')
    assert.equal(bad()?.source, 'none')
    await rm(join(world.directory, 'bad.test'), { recursive: true })
    await until('it is forgotten', () => bad() === undefined)
  })

  test('keeps everything while the directory cannot be listed', async () => {
    await using world = await certificateWorld()
    const listed = join(world.root, 'listed')
    const linkDirectory = async (target: string) => {
      await symlink(target, join(world.root, 'next'))
      await rename(join(world.root, 'next'), world.directory)
    }
    const old = await issueCertificate(listed, host)
    await linkDirectory(listed)
    const store = await world.openStore()
    // A link to itself cannot be listed by anybody, not even by root.
    await linkDirectory(world.directory)
    const complaints = () =>
      world.warnings.filter(({ message }) => message === 'certificates cannot be listed')
    await until('it warns', () => complaints().length > 0)
    assert.equal(servedFingerprint(store), old.fingerprint256)
    assert.equal(store.status()[0]?.problem, undefined)
    await linkDirectory(listed)
    await whenJudged(world)
    assert.equal(complaints().length, 1)
    assert.deepEqual(world.rejectedOf(host), [])
  })

  test('passes over stray files, hidden directories and empty ones', async () => {
    await using world = await certificateWorld()
    await issueCertificate(world.directory, host)
    await issueCertificate(world.directory, '.hidden')
    await mkdir(join(world.directory, 'empty.test'))
    await writeFile(join(world.directory, 'README'), 'text')
    const store = await world.openStore()
    assert.deepEqual(
      store.status().map((status) => status.host),
      [host],
    )
  })

  test('flags a certificate that does not name its host, and serves it', async () => {
    await using world = await certificateWorld()
    const issued = await issueCertificate(world.directory, host, { names: ['other.test'] })
    await issueCertificate(world.directory, '127.0.0.1')
    await issueCertificate(world.directory, '*.wild.test')
    const store = await world.openStore()
    assert.equal(servedFingerprint(store), issued.fingerprint256)
    const problems = Object.fromEntries(store.status().map(({ host, problem }) => [host, problem]))
    assert.match(problems[host] ?? '', /does not name this host/)
    assert.equal(problems['127.0.0.1'], undefined)
    assert.equal(problems['*.wild.test'], undefined)
  })
})

suite('certificates and time', () => {
  test('keeps serving a pair that expires in use, flags it, and takes the next valid one', async () => {
    await using world = await certificateWorld()
    let now = Date.now()
    const old = await issueCertificate(world.directory, host)
    const store = await world.openStore({ clock: () => now })
    now += 91 * dayMs
    assert.equal(servedFingerprint(store), old.fingerprint256)
    assert.match(store.status()[0]?.problem ?? '', /expired/)
    const next = await issueCertificate(world.directory, host, { notAfter: now + 90 * dayMs })
    await until('the new one is served', () => servedFingerprint(store) === next.fingerprint256)
    assert.equal(store.status()[0]?.problem, undefined)
  })

  test('takes an expired pair where there is no other, and flags it', async () => {
    await using world = await certificateWorld()
    const expired = await issueCertificate(world.directory, host, {
      notBefore: 0,
      notAfter: Date.now() - dayMs,
    })
    const store = await world.openStore()
    assert.equal(servedFingerprint(store), expired.fingerprint256)
    assert.match(store.status()[0]?.problem ?? '', /expired/)
  })

  test('takes a certificate that was too early once its time has come', async () => {
    await using world = await certificateWorld()
    let now = Date.now()
    await issueCertificate(world.directory, host)
    const store = await world.openStore({ clock: () => now })
    const early = await issueCertificate(world.directory, host, { notBefore: now + dayMs })
    await until('it is rejected', () => world.rejectedOf(host).length === 1)
    now += 2 * dayMs
    await until('it is served', () => servedFingerprint(store) === early.fingerprint256)
  })

  test('warns once a day from 14 days before the end', async () => {
    await using world = await certificateWorld()
    let now = Date.now()
    const reminders = () =>
      world.warnings.filter(({ message }) => message.startsWith('certificate expires soon'))
    await issueCertificate(world.directory, host)
    await issueCertificate(world.directory, 'marker.test')
    await world.openStore({ clock: () => now })
    await whenJudged(world)
    assert.equal(reminders().length, 0)
    now += 77 * dayMs
    await until('it warns of both', () => reminders().length === 2)
    await whenJudged(world)
    assert.equal(reminders().length, 2)
    now += dayMs
    await until('it warns again', () => reminders().length === 4)
    assert.ok(reminders().some(({ fields }) => fields['host'] === host))
  })
})

suite('the self-signed certificate', () => {
  test('stands in when there is no directory, flagged, named after the default host, private on disk', async () => {
    await using world = await certificateWorld()
    const store = await world.openStore()
    const [status] = store.status()
    assert.equal(status?.source, 'self-signed')
    assert.equal(status?.host, host)
    assert.match(status?.problem ?? '', /self-signed/)
    assert.equal(world.loadedOf(host), 1)
    assert.equal(new X509Certificate(store.credentialsFor().cert).checkHost(host), host)
    for (const file of ['self-signed.key', 'self-signed.crt']) {
      assert.equal((await stat(join(world.dataDirectory, file))).mode & 0o777, 0o600)
    }
  })

  test('is the same after a restart', async () => {
    await using world = await certificateWorld()
    const first = await world.openStore()
    const before = servedFingerprint(first)
    await first[Symbol.asyncDispose]()
    assert.equal(servedFingerprint(await world.openStore()), before)
  })

  test('is made anew for another host, or when its files are damaged', async () => {
    await using world = await certificateWorld()
    const before = servedFingerprint(await world.openStore())
    const renamed = await world.openStore({ defaultHost: 'moved.test' })
    assert.notEqual(servedFingerprint(renamed), before)
    await writeFile(join(world.dataDirectory, 'self-signed.crt'), 'damaged')
    const repaired = await world.openStore({ defaultHost: 'moved.test' })
    assert.notEqual(servedFingerprint(repaired), servedFingerprint(renamed))
    assert.equal(
      await readFile(join(world.dataDirectory, 'self-signed.crt'), 'utf8'),
      repaired.credentialsFor().cert,
    )
  })

  test('renews itself before it ends, and lives no longer than clients accept', async () => {
    await using world = await certificateWorld()
    let now = Date.now()
    const store = await world.openStore({ clock: () => now })
    const before = servedFingerprint(store)
    const [status] = store.status()
    assert.ok(status?.source === 'self-signed' && status.notAfter - status.notBefore <= 825 * dayMs)
    now = status.notAfter - 29 * dayMs
    await until('it is renewed', () => servedFingerprint(store) !== before)
    assert.equal(world.loadedOf(host), 2)
  })

  test('is not made where a certificate exists', async () => {
    await using world = await certificateWorld()
    await issueCertificate(world.directory, host)
    const store = await world.openStore()
    await assert.rejects(stat(world.dataDirectory), { code: 'ENOENT' })
    assert.equal(store.status().length, 1)
  })

  test('is served from memory when it cannot be kept', async () => {
    await using world = await certificateWorld()
    await writeFile(world.dataDirectory, 'a file in the way')
    const store = await world.openStore()
    assert.equal(store.status()[0]?.source, 'self-signed')
    assert.match(world.warnings.map(({ message }) => message).join('\n'), /cannot be kept/)
  })
})
