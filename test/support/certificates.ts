import { generateKeyPair, randomUUID, X509Certificate, type KeyObject } from 'node:crypto'
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { writeCertificate } from '../../src/tls/x509-writer.ts'

/** How a pair gets into its directory; the last two leave a broken one there. */
export type IssueMode = 'inplace' | 'rename' | 'symlink' | 'keyFirst' | 'truncated' | 'mismatched'

export interface IssueOptions {
  /** Milliseconds since the epoch: from an hour ago to 90 days ahead unless told. */
  readonly notBefore?: number
  readonly notAfter?: number
  readonly mode?: IssueMode
  /** Without one the certificate signs itself, which asks for an elliptic-curve key. */
  readonly authority?: CertificateAuthority
  readonly keyType?: 'ec' | 'rsa'
  /** Names it carries, instead of its host. */
  readonly names?: readonly string[]
  /** Runs when the first of the two files is written and the second is not. */
  readonly betweenFiles?: () => Promise<void>
}

export interface IssuedCertificate {
  readonly key: string
  /** The leaf, and its authority if it has one. */
  readonly cert: string
  readonly fingerprint256: string
}

/** Signs certificates that verify against `cert`, given to a client as its `ca`. */
export interface CertificateAuthority {
  readonly commonName: string
  readonly cert: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

const hourMs = 60 * 60 * 1000

function makeKeys(type: 'ec' | 'rsa' = 'ec') {
  const make = promisify(generateKeyPair)
  return type === 'ec' ? make('ec', { namedCurve: 'P-256' }) : make('rsa', { modulusLength: 2048 })
}

export async function createAuthority(commonName = 'Test authority'): Promise<CertificateAuthority> {
  const keys = await makeKeys()
  const signer = { commonName, ...keys }
  const cert = writeCertificate({
    commonName,
    names: [],
    publicKey: keys.publicKey,
    ...validity({}),
    isAuthority: true,
    signer,
  })
  return { ...signer, cert }
}

/** Makes a key and a certificate, in memory only. */
export async function makeCertificate(host: string, options: IssueOptions = {}): Promise<IssuedCertificate> {
  const keys = await makeKeys(options.keyType)
  const leaf = writeCertificate({
    commonName: host,
    names: options.names ?? [host],
    publicKey: keys.publicKey,
    ...validity(options),
    signer: options.authority ?? { commonName: host, ...keys },
  })
  return {
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: leaf + (options.authority?.cert ?? ''),
    fingerprint256: new X509Certificate(leaf).fingerprint256,
  }
}

/** Makes a pair and puts it into `<directory>/<host>` as the platform, an ACME client or an accident would. */
export async function issueCertificate(
  directory: string,
  host: string,
  options: IssueOptions = {},
): Promise<IssuedCertificate> {
  const issued = await makeCertificate(host, options)
  const home = join(directory, host)
  await mkdir(home, { recursive: true })
  const { mode = 'inplace' } = options
  const write = mode === 'rename' ? writeByRename : mode === 'symlink' ? writeByLink : writeInPlace
  const files = await filesFor(mode, host, issued)
  const ordered = mode === 'keyFirst' ? files.toReversed() : files
  for (const [index, [name, text]] of ordered.entries()) {
    if (index > 0) await options.betweenFiles?.()
    await write(join(home, name), text)
  }
  return issued
}

async function filesFor(
  mode: IssueMode,
  host: string,
  { cert, key }: IssuedCertificate,
): Promise<readonly (readonly [string, string])[]> {
  const broken = mode === 'truncated' ? cert.slice(0, cert.length / 2) : cert
  const other = mode === 'mismatched' ? (await makeCertificate(host)).key : key
  return [
    ['fullchain.pem', broken],
    ['privkey.pem', other],
  ]
}

async function writeInPlace(path: string, text: string): Promise<void> {
  await writeFile(path, text)
}

async function writeByRename(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`
  await writeFile(temporary, text)
  await rename(temporary, path)
}

/** A new file elsewhere, and the link moved over to it at once. */
async function writeByLink(path: string, text: string): Promise<void> {
  const archive = join(dirname(path), '..', '.archive')
  const file = join(archive, randomUUID())
  const temporary = `${path}.${randomUUID()}`
  await mkdir(archive, { recursive: true })
  await writeFile(file, text)
  await symlink(relative(dirname(path), file), temporary)
  await rename(temporary, path)
}

function validity(options: IssueOptions): { notBefore: number; notAfter: number } {
  const now = Date.now()
  return {
    notBefore: options.notBefore ?? now - hourMs,
    notAfter: options.notAfter ?? now + 90 * 24 * hourMs,
  }
}
