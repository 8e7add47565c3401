import { readdir, readFile, readlink } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { FtpClient } from '../protocols/ftp/ftp-client.ts'
import type { Product } from '../support/product.ts'
import { connectSftp, type SftpConnection } from '../support/ssh-session.ts'
import { type SshUser, SshWorld } from '../support/ssh-world.ts'

export const mebibyte = 2 ** 20

/** A product whose SFTP and FTP are served by two processes. */
export function openWorkersWorld(env: Record<string, string> = {}): Promise<SshWorld> {
  return SshWorld.open({ WORKERS: '2', ...env })
}

/** Process ids of the workers that run. */
export async function workersOf({ pid }: Pick<Product, 'pid'>): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children.trim().split(/\s+/).filter(Boolean).map(Number)
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The worker at the other end of a client's socket. */
export async function workerServing(product: Product, socket: Socket): Promise<number> {
  const { localPort = 0, remotePort = 0 } = socket
  const table = await readFile('/proc/net/tcp', 'utf8')
  // Both ports: other servers of this machine may have a client at the same port.
  const [local, remote] = [remotePort, localPort].map(
    (port) => `:${port.toString(16).toUpperCase().padStart(4, '0')}`,
  )
  const row = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find((fields) => fields[1]?.endsWith(local ?? '') && fields[2]?.endsWith(remote ?? ''))
  for (const pid of await workersOf(product))
    if (row?.[9] !== undefined && (await holdsSocket(pid, row[9]))) return pid
  throw new Error(`nobody serves the client at port ${localPort}`)
}

async function holdsSocket(pid: number, inode: string): Promise<boolean> {
  for (const descriptor of await readdir(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')
    if (target === `socket:[${inode}]`) return true
  }
  return false
}

/** Two connections that different workers serve; connections go round, so a few attempts are enough. */
async function onBoth<T extends { readonly socket: Socket; close(): void }>(
  product: Product,
  connect: (which: 'first' | 'second') => Promise<T>,
): Promise<[T, T]> {
  const first = await connect('first')
  const one = await workerServing(product, first.socket)
  for (let attempt = 0; attempt < 10; attempt++) {
    const second = await connect('second')
    if ((await workerServing(product, second.socket)) !== one) return [first, second]
    second.close()
  }
  throw new Error('all connections came to one worker')
}

/** Two SFTP sessions of a user, served by different workers. */
export async function sftpOnBoth(world: SshWorld, user: SshUser): Promise<[SftpConnection, SftpConnection]> {
  const [one, other] = await onBoth(world.product, async () => {
    const session = await connectSftp(user.target)
    return { session, socket: socketOf(session), close: () => session.destroy() }
  })
  return [one.session, other.session]
}

export function socketOf(session: SftpConnection): Socket {
  return (session.client as unknown as { _sock: Socket })._sock
}

/** Two signed-in FTP connections, one of each user, served by different workers. */
export async function ftpOnBoth(
  world: SshWorld,
  users: { readonly first: SshUser; readonly second: SshUser },
  options: { tls?: boolean; maxVersion?: 'TLSv1.2' | 'TLSv1.3' } = {},
): Promise<[FtpClient, FtpClient]> {
  const [one, other] = await onBoth(world.product, async (which) => {
    const { username, home } = users[which]
    const user = { username, home, password: `${username}-password` }
    const client = await FtpClient.signIn(world.product.ftpPort, user, options)
    return { client, socket: client.socket, close: () => client[Symbol.dispose]() }
  })
  return [one.client, other.client]
}
