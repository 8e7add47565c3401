import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { certificateProblems } from './certificate-problems.ts'
import type { Credentials } from './key-pair.ts'

/** What lies in one host's directory. Two looks with the same fingerprint saw the same bytes. */
export type PairReading =
  | { readonly fingerprint: string; readonly credentials: Credentials }
  | { readonly fingerprint: string; readonly problem: string }

const certificateFile = 'fullchain.pem'
const keyFile = 'privkey.pem'
const maxFileBytes = 256 * 1024

/**
 * Reads every `<host>/{fullchain.pem,privkey.pem}` below a directory, following links; hosts in lower case.
 * Contents are compared, never times: a bind mount may show new bytes with an old time and size.
 * @returns undefined when the directory does not exist
 * @throws what the file system says when the directory itself cannot be listed
 */
export async function readCertificateDirectory(
  directory: string,
): Promise<ReadonlyMap<string, PairReading> | undefined> {
  const names = await listNames(directory)
  if (names === undefined) return undefined
  const readings = new Map<string, PairReading>()
  for (const name of names.filter((name) => !name.startsWith('.')).sort()) {
    const reading = await readPair(join(directory, name))
    if (reading !== undefined) readings.set(name.toLowerCase(), reading)
  }
  return readings
}

async function listNames(directory: string): Promise<string[] | undefined> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function readPair(directory: string): Promise<PairReading | undefined> {
  try {
    const cert = await readBounded(join(directory, certificateFile))
    const key = await readBounded(join(directory, keyFile))
    if (cert === undefined && key === undefined) return undefined
    if (cert === undefined) return failed(certificateProblems['certificate-missing'])
    if (key === undefined) return failed(certificateProblems['key-missing'])
    return { fingerprint: fingerprintOf({ cert, key }), credentials: { cert, key } }
  } catch {
    return failed(certificateProblems['files-unreadable'])
  }
}

export function fingerprintOf(credentials: Credentials): string {
  return createHash('sha256').update(credentials.cert).update('\0').update(credentials.key).digest('hex')
}

function failed(problem: string): PairReading {
  return { fingerprint: problem, problem }
}

/** @returns undefined when there is no such file */
async function readBounded(path: string): Promise<string | undefined> {
  try {
    // Without O_NONBLOCK a named pipe in place of a file would hold up every look.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stats = await file.stat()
    if (!stats.isFile() || stats.size > maxFileBytes) throw new RangeError(`${path} is no file of this kind`)
    return await file.readFile('utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR'
}
