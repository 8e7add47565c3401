import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runClient } from './ftp-client.ts'
import type { FtpUnderTest } from './servers.ts'

export interface Sample {
  readonly seconds: number
  /** User and system time of the server's process. */
  readonly cpuSeconds: number
}

export interface Workload {
  readonly title: string
  readonly task: string
  readonly given: Readonly<Record<string, unknown>>
}

const bigBytes = 256 << 20
const smallBytes = 4096
const smallCount = 200
const listCount = 10_000
const workloadTimeoutMs = 90_000

/** What all servers and the client have the same of. */
export async function prepare(homes: readonly string[], scratch: string): Promise<readonly Workload[]> {
  const local = join(scratch, 'big')
  const big = randomBytes(bigBytes)
  await writeFile(local, big)
  const small = randomBytes(smallBytes)
  for (const home of homes) {
    await writeFile(join(home, 'big'), big)
    await mkdir(join(home, 'uploads'))
    await fill(join(home, 'small'), smallCount, small)
    await fill(join(home, 'many'), listCount, Buffer.from('x'))
  }
  return [
    { title: '256 MiB down', task: 'download', given: { name: 'big', bytes: bigBytes } },
    { title: '256 MiB up', task: 'upload', given: { name: 'uploads/big', local } },
    {
      title: `${smallCount} files of 4 KiB down`,
      task: 'download_small',
      given: { name: 'small', count: smallCount, bytes: smallBytes },
    },
    {
      title: `${smallCount} files of 4 KiB up`,
      task: 'upload_small',
      given: { name: 'uploads', count: smallCount, bytes: smallBytes },
    },
    { title: 'LIST of 10,000', task: 'list_directory', given: { name: 'many', count: listCount } },
  ]
}

/** One run; uploads find an empty directory. @throws when it fails or takes too long */
export async function measure({ task, given }: Workload, server: FtpUnderTest): Promise<Sample> {
  const uploads = join(server.home, 'uploads')
  await rm(uploads, { recursive: true, force: true })
  await mkdir(uploads)
  return runClient<Sample>(server, task, { ...given, timeout: 30 }, workloadTimeoutMs)
}

async function fill(directory: string, count: number, content: Buffer): Promise<void> {
  await mkdir(directory)
  for (let index = 0; index < count; index++) await writeFile(join(directory, String(index)), content)
}
