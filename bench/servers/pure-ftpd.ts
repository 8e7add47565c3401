import { chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../../test/support/run-program.ts'
import type { ServerPlace, ServerUnderTest } from '../harness/row.ts'
import { startDaemon } from './daemon.ts'
import { unpackDebianPackages } from './debian-package.ts'
import { findFreePort } from './free-port.ts'
import { hashForPeer } from './peer-password.ts'
import { writePeerCertificate } from './peer-certificate.ts'

const username = 'bench'
/** It refuses to serve as root: `daemon` of every Debian. */
const ownerId = 1

/** Debian's pure-ftpd with a user of its own database. Only root can start it. */
export async function startPureFtpd({ directory, credentials }: ServerPlace): Promise<ServerUnderTest> {
  if (process.getuid?.() !== 0) throw new Error('pure-ftpd starts as root alone')
  const { root } = await unpackDebianPackages(['pure-ftpd'])
  const home = join(directory, 'home')
  await mkdir(home, { recursive: true })
  await chown(home, ownerId, ownerId)
  const users = await makeUsers(root, directory, home, await hashForPeer(credentials.password))
  const certificate = await writePeerCertificate(directory)
  const port = await findFreePort()
  const args = [
    ...['--bind', `127.0.0.1,${port}`, '--ipv4only', '--pidfile', join(directory, 'pid')],
    ...['--login', `puredb:${users}`, '--noanonymous', '--minuid', '1', '--dontresolve'],
    ...['--tls', '1', '--certfile', certificate.both],
    ...['--maxclientsnumber', '300', '--maxclientsperip', '300'],
    // It lists 10,000 entries at most without.
    ...['--limitrecursion', '2000000:20'],
  ]
  const daemon = await startDaemon({ program: join(root, 'usr/sbin/pure-ftpd'), args, port })
  return { ...daemon, name: 'pure-ftpd', home, ftpPort: port, ftpUsername: username }
}

/** Its own tool hashes passwords so that each login takes seconds, which is not what is measured here. */
async function makeUsers(root: string, directory: string, home: string, hash: string): Promise<string> {
  const entries = join(directory, 'users')
  const database = join(directory, 'users.pdb')
  const unset = ':'.repeat(12)
  await writeFile(entries, `${username}:${hash}:${ownerId}:${ownerId}::${home}/./${unset}\n`)
  const made = await runProgram(join(root, 'usr/bin/pure-pw'), ['mkdb', database, '-f', entries])
  if (!made.isOk) throw new Error(`pure-ftpd's user is not made: ${made.stderr}`)
  return database
}
