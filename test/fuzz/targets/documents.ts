import { X509Certificate } from 'node:crypto'
import { decrypt, encrypt } from '../../../src/core/backups/backup-cipher.ts'
import { readDocument, writeDocument } from '../../../src/core/backups/backup-document.ts'
import { hasCode } from '../../../src/core/errors.ts'
import { rootPath } from '../../../src/core/files/virtual-path.ts'
import { checkPair, isCurrent, namesHost } from '../../../src/tls/key-pair.ts'
import { makeCertificate } from '../../support/certificates.ts'
import type { FuzzTarget } from '../fuzz-target.ts'
import { mutate, type Random } from '../random.ts'

/** Everything that makes an operator's file unusable is one kind of error. */
function orUnusable(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!hasCode(error, 'invalid-argument')) throw error
  }
}

const certificates: FuzzTarget = {
  name: 'certificates',
  share: 40_000,
  async open() {
    const pair = await makeCertificate('files.example.test')
    const other = await makeCertificate('other.example.test')
    const texts = [pair.cert, pair.cert + other.cert].map((pem) => Buffer.from(pem))
    const binary = [pair.cert, other.cert].map((pem) => Buffer.from(new X509Certificate(pem).raw))
    const asPem = (der: Buffer) =>
      `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
    const read = (cert: string, key: string) =>
      orUnusable(() => {
        const checked = checkPair({ cert, key }, {})
        namesHost(checked, 'files.example.test')
        isCurrent(checked, Date.now())
      })
    return {
      atOnce: 1,
      feed(random: Random) {
        if (random.chance(0.4)) read(asPem(mutate(binary, random)), pair.key)
        else if (random.chance(0.6)) read(mutate(texts, random).toString('latin1'), pair.key)
        else read(pair.cert, mutate([Buffer.from(pair.key)], random).toString('latin1'))
      },
      stillWorks() {
        checkPair(pair, {})
        return Promise.resolve()
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  },
}

function sampleBackup(): Buffer {
  const account = { email: '', description: 'text', passwordHash: '' }
  return writeDocument(
    {
      users: [
        {
          ...{
            ...account,
            username: 'ann',
            status: 'active',
            additionalInfo: '',
            expirationDate: 0,
            publicKeys: [],
          },
          ...{ homeDir: '/srv/ann', maxSessions: 0, quotaSize: 0, quotaFiles: 0, maxUploadFileSize: 0 },
          folders: [{ folderName: 'f', virtualPath: rootPath, quotaSize: -1, quotaFiles: -1 }],
          permissions: { '/': ['*'], '/a': ['list', 'download'] },
          ...{ uploadBandwidth: 0, downloadBandwidth: 0, deniedLoginMethods: [], deniedProtocols: ['FTP'] },
          filePatterns: [
            { path: rootPath, allowedPatterns: ['*'], deniedPatterns: [], denyPolicy: 'hidden' },
          ],
          ...{ startDirectory: rootPath, ftpSecurity: 'any' },
        },
      ],
      folders: [{ name: 'f', mappedPath: '/srv/f', description: '' }],
      admins: [{ ...account, username: 'root', source: 'local', status: 'active', permissions: ['*'] }],
      settings: new Map([['max_connections', 5]]),
    },
    { createdAt: 1, serverVersion: '3' },
  )
}

const oddValues: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  '',
  '\0',
  '__proto__',
  [],
  {},
  [[[]]],
  { toString: 1 },
  'x'.repeat(5000),
]

/** Puts something odd in the place of one value, or a key that is a trap. */
function withOddValue(value: unknown, random: Random): unknown {
  if (random.chance(0.15) || typeof value !== 'object' || value === null)
    return oddValues[random.below(oddValues.length)]
  if (Array.isArray(value)) {
    const items = value as unknown[]
    if (items.length === 0) return [oddValues[random.below(oddValues.length)]]
    const at = random.below(items.length)
    return items.map((item, index) => (index === at ? withOddValue(item, random) : item))
  }
  const entries = Object.entries(value)
  if (entries.length === 0 || random.chance(0.1)) entries.push(['__proto__', { polluted: true }])
  const at = random.below(entries.length)
  return Object.fromEntries(
    entries.map(([key, one], index) => [key, index === at ? withOddValue(one, random) : one]),
  )
}

const backups: FuzzTarget = {
  name: 'backups',
  share: 60_000,
  open() {
    const sample = sampleBackup()
    const parsed = JSON.parse(sample.toString()) as unknown
    return Promise.resolve({
      atOnce: 1,
      feed(random: Random) {
        const bytes = random.chance(0.5)
          ? mutate([sample], random)
          : Buffer.from(JSON.stringify(withOddValue(parsed, random)))
        orUnusable(() => readDocument(bytes))
        if ('polluted' in {}) throw new Error('a prototype was changed')
      },
      stillWorks() {
        readDocument(sample)
        return Promise.resolve()
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    })
  },
}

/** Few: each that gets as far as the passphrase costs what guessing it is to cost. */
const encryptedBackups: FuzzTarget = {
  name: 'encrypted-backups',
  share: 300,
  async open() {
    const sample = await encrypt(sampleBackup(), 'passphrase')
    return {
      atOnce: 2,
      async feed(random: Random) {
        try {
          const plain = await decrypt(mutate([sample], random), 'passphrase')
          if (!plain.equals(sampleBackup())) throw new Error('another content passed for the right one')
        } catch (error) {
          if (!hasCode(error, 'invalid-argument')) throw error
        }
      },
      async stillWorks() {
        readDocument(await decrypt(sample, 'passphrase'))
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  },
}

export const documentTargets: readonly FuzzTarget[] = [certificates, backups, encryptedBackups]
