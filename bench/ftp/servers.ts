import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { makeCertificate } from '../../test/support/certificates.ts'
import { startProduct } from '../../test/support/product.ts'
import { runProgram } from '../../test/support/run-program.ts'

/** An FTP server that runs, and the directory on this disk that its user signs in to. */
export interface FtpUnderTest extends AsyncDisposable {
  readonly port: number
  readonly pid: number
  readonly home: string
}

export const username = 'bench'
export const password = `${username}-password`

export async function startOurs(directory: string): Promise<FtpUnderTest> {
  const product = await startProduct({ directory })
  const home = product.homeOf(username)
  // Started again, it still knows its user.
  if (!existsSync(home)) await product.addUser(username)
  await mkdir(home, { recursive: true })
  return {
    port: product.ftpPort,
    pid: product.pid,
    home,
    [Symbol.asyncDispose]: () => product[Symbol.asyncDispose](),
  }
}

const peerFolder = join(import.meta.dirname, '../peers/ftp-srv')

/** Installs what the peer's own lock file says, unless it is there. */
export async function installPeer(): Promise<void> {
  if (existsSync(join(peerFolder, 'node_modules/ftp-srv'))) return
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
  const { isOk, stderr } = await runProgram('npm', args, { cwd: peerFolder, timeoutMs: 120_000 })
  if (!isOk) throw new Error(`the peer cannot be installed: ${stderr}`)
}

/** ftp-srv in a process of its own. Its data connections take `passivePortCount` ports. */
export async function startPeer(directory: string, passivePortCount: number): Promise<FtpUnderTest> {
  const home = join(directory, 'home')
  await mkdir(home, { recursive: true })
  const { key, cert } = await makeCertificate('localhost')
  const tls = { key: join(directory, 'key.pem'), cert: join(directory, 'cert.pem') }
  await Promise.all([writeFile(tls.key, key), writeFile(tls.cert, cert)])
  const passivePorts = await freePorts(passivePortCount)
  const settings = JSON.stringify({ root: home, username, password, passivePorts, tls })
  const child = spawn(process.execPath, [join(peerFolder, 'server.mjs'), settings], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the peer ended with ${code}`)))
    createInterface(child.stdout).once('line', (line) => resolve((JSON.parse(line) as { port: number }).port))
  })
  return {
    port,
    pid: child.pid ?? 0,
    home,
    // Its own answer to SIGTERM waits for connections that never end.
    [Symbol.asyncDispose]: () => Promise.resolve(void child.kill('SIGKILL')),
  }
}

export function isRunning({ pid }: FtpUnderTest): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** First and last of a run of ports that nobody listens on, below those that the system gives to clients. */
async function freePorts(count: number): Promise<readonly [number, number]> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const first = 20_000 + Math.floor(Math.random() * (12_000 - count))
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)))
    if (free.every(Boolean)) return [first, first + count - 1]
  }
  throw new Error(`no ${count} free ports in a row`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
