import { createHash, createPrivateKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ssh2, { type ParsedKey } from 'ssh2'
import type { Log } from '../../core/log.ts'
import { encodeOpenSshKey } from './open-ssh-key.ts'

/** One key that the server proves itself with. */
export interface HostKey {
  readonly path: string
  /** As ssh2 reads it. Never leaves the server. */
  readonly privateKey: string
  /** As OpenSSH shows it: `SHA256:` and base64 without padding. */
  readonly fingerprint: string
  /** Names of the host key algorithms that it serves, without the legacy one. */
  readonly algorithms: readonly string[]
  /** The key that takes its place some day: clients are told of it, and it is not used before. */
  readonly next?: HostKey
}

/** What the name of a file ends in that holds the key to come. */
const nextSuffix = '.next'
const makeKeyPair = promisify(generateKeyPair)

/** Best first. The names are those of the product this one takes the place of, so that its keys are found. */
const keyFiles = [
  { name: 'id_ed25519', make: () => makeKeyPair('ed25519') },
  { name: 'id_ecdsa', make: () => makeKeyPair('ec', { namedCurve: 'P-256' }) },
  { name: 'id_rsa', make: () => makeKeyPair('rsa', { modulusLength: 3072 }) },
]

/**
 * The host keys in `directory`; what is missing is made, readable by the server alone. Beside each there may be the
 * next one, `id_ed25519.next` for example. Keys are read in PKCS#1, SEC1, PKCS#8 and openssh-key-v1, without a passphrase. @throws when a file holds something else
 */
export async function loadHostKeys(directory: string, log: Log): Promise<readonly HostKey[]> {
  await mkdir(directory, { recursive: true })
  return Promise.all(
    keyFiles.map(async ({ name, make }) => {
      const path = join(directory, name)
      const next = await loadNext(path + nextSuffix, log)
      const text = await readIfThere(path)
      if (text !== undefined) return toHostKey(path, text, next)
      const { privateKey } = await make()
      if (await writeNew(path, toText(privateKey))) log.info({ path }, 'host key made')
      return toHostKey(path, await readFile(path, 'utf8'), next)
    }),
  )
}

async function loadNext(path: string, log: Log): Promise<HostKey | undefined> {
  const text = await readIfThere(path)
  if (text === undefined) return undefined
  const key = toHostKey(path, text)
  log.info({ path, fingerprint: key.fingerprint }, 'next host key announced')
  return key
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Whole or not at all; false when another process was first, whose key then counts. */
async function writeNew(path: string, text: string): Promise<boolean> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
    await link(temporary, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await file.close()
    await unlink(temporary)
  }
}

function toHostKey(path: string, text: string, next?: HostKey): HostKey {
  const privateKey = inKnownFormat(path, text)
  const key = parseKey(privateKey)
  if (!key?.isPrivateKey()) throw unreadable(path)
  const fingerprint = createHash('sha256').update(key.getPublicSSH()).digest('base64').replace(/=+$/, '')
  const algorithms = key.type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [key.type]
  return { path, privateKey, fingerprint: `SHA256:${fingerprint}`, algorithms, ...(next && { next }) }
}

/** ssh2 reads all formats but PKCS#8. */
function inKnownFormat(path: string, text: string): string {
  if (parseKey(text)) return text
  try {
    return toText(createPrivateKey(text))
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** Undefined for what ssh2 cannot read. */
export function parseKey(text: string): ParsedKey | undefined {
  const parsed = ssh2.utils.parseKey(text) as ParsedKey | ParsedKey[] | Error
  if (parsed instanceof Error) return undefined
  return Array.isArray(parsed) ? parsed[0] : parsed
}

function toText(key: KeyObject): string {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return key.export({ type: 'pkcs1', format: 'pem' }).toString()
    case 'ec':
      return key.export({ type: 'sec1', format: 'pem' }).toString()
    case 'ed25519':
      return encodeOpenSshKey(key)
    default:
      throw new Error(`not a key for SSH: ${key.asymmetricKeyType}`)
  }
}

function unreadable(path: string, cause?: unknown): Error {
  return new Error(`${path} is not a private key without a passphrase: put one there, or remove it`, {
    cause,
  })
}
