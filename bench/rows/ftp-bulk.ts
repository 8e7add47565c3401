import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { curlDownload, curlUpload } from '../clients/curl-ftp.ts'
import { type FtpTarget, ftpTargetOf } from '../clients/ftp-target.ts'
import { timeClients } from '../harness/client.ts'
import { assertSameFile, makeFile, shareFile } from '../harness/files.ts'
import type { Goals, Row, RowContext, RunResult, ServerName, ServerUnderTest } from '../harness/row.ts'

const gibibyte = 2 ** 30

export type FtpDirection = 'down' | 'up'

interface Bulk {
  readonly name: string
  readonly title: string
  readonly direction: FtpDirection
  readonly tls: boolean
  /** At once, which share the GiB. */
  readonly sessions: number
  readonly goals: Goals
  readonly ours?: 'ours, 2 workers'
  readonly forTheRecord?: readonly ServerName[]
  readonly alsoOnDisk?: boolean
}

/** One GiB by curl, in as many sessions as `bulk` says. What is downloaded goes to /dev/null, so that the server shows. */
function bulkRow({ direction, tls, sessions, ...bulk }: Bulk): Row {
  const indices = Array.from({ length: sessions }, (_, index) => index)
  return {
    peers: ['vsftpd'],
    ...(sessions === 1 && { hasCurve: true, unit: { name: 'GiB', count: 1 } }),
    ...bulk,
    async prepare(server, context) {
      for (const index of indices) {
        const source = sourceOf(index, context)
        const bytes = Math.round((gibibyte / sessions) * context.scale)
        if (!existsSync(source)) await makeFile(source, bytes, gibibyte / sessions)
        if (direction === 'down') await shareFile(source, join(server.home, nameOf(index)))
      }
      if (direction === 'up') await makeUploads(server)
      else await verifyDownload(ftpTargetOf(server, context, tls), context)
    },
    async reset({ home }) {
      for (const index of indices) await rm(join(home, uploads, nameOf(index)), { force: true })
    },
    run: (server, context) =>
      (direction === 'down' ? download : upload)(server, context, ftpTargetOf(server, context, tls), indices),
  }
}

/** Once, and without a clock: the runs themselves throw away what arrives. */
async function verifyDownload(target: FtpTarget, context: RowContext): Promise<void> {
  const copy = join(context.scratch, 'copy.bin')
  await timeClients([curlDownload(target, nameOf(0), copy, sizeFileOf(0, context))])
  await assertSameFile(sourceOf(0, context), copy, { ...context, verifiesContent: context.scale <= 1 })
  await rm(copy)
}

async function download(
  _server: ServerUnderTest,
  context: RowContext,
  target: FtpTarget,
  indices: readonly number[],
): Promise<RunResult> {
  const seconds = await timeClients(
    indices.map((index) => curlDownload(target, nameOf(index), '/dev/null', sizeFileOf(index, context))),
  )
  const sizes = await Promise.all(
    indices.map(async (index) => Number(await readFile(sizeFileOf(index, context), 'utf8'))),
  )
  const expected = Math.round((gibibyte / indices.length) * context.scale)
  const wrong = sizes.find((size) => size !== expected)
  if (wrong !== undefined) throw new Error(`${wrong} bytes came instead of ${expected}`)
  return { seconds, bytes: expected * indices.length }
}

async function upload(
  { home }: ServerUnderTest,
  context: RowContext,
  target: FtpTarget,
  indices: readonly number[],
): Promise<RunResult> {
  const seconds = await timeClients(
    indices.map((index) => curlUpload(target, sourceOf(index, context), `${uploads}/${nameOf(index)}`)),
  )
  for (const index of indices)
    await assertSameFile(sourceOf(index, context), join(home, uploads, nameOf(index)), context)
  return { seconds, bytes: gibibyte * context.scale }
}

export const uploads = 'uploads'

/** Everybody may write there: pure-ftpd serves as another user than the one who runs this. */
export async function makeUploads({ home }: ServerUnderTest): Promise<void> {
  await mkdir(join(home, uploads), { recursive: true })
  await chmod(join(home, uploads), 0o777)
}

function nameOf(index: number): string {
  return `big-${index}.bin`
}

function sourceOf(index: number, { scratch }: RowContext): string {
  return join(scratch, `source-${index}.bin`)
}

function sizeFileOf(index: number, { scratch }: RowContext): string {
  return join(scratch, `size-${index}`)
}

/** Plain downloads go by sendfile(2) on the other side, which moves no bytes through the process. */
const cpuOf = (direction: FtpDirection, tls: boolean) => (direction === 'down' && !tls ? 2 : 0.7)
const oneSpeed = { plain: { down: 0.8, up: 1.1 }, tls: { down: 1.5, up: 1.9 } } as const

const unseparated = 'vsftpd without privilege separation'

function rowsOf(tls: boolean, direction: FtpDirection): Row[] {
  const [name, label] = tls ? ['ftps', 'FTPS'] : ['ftp', 'FTP']
  const cpu = cpuOf(direction, tls)
  return [
    bulkRow({
      name: `${name}-${direction}`,
      title: `${label} 1 GiB ${direction}`,
      ...{ direction, tls, sessions: 1 },
      goals: { speed: oneSpeed[tls ? 'tls' : 'plain'][direction], cpu },
      // ftp-srv fails in every third transfer with TLS.
      forTheRecord: [
        unseparated,
        'proftpd, FTP',
        'pure-ftpd',
        ...(tls ? [] : (['ftp-srv'] as const)),
        ...(tls || direction === 'down' ? [] : (['bare Node'] as const)),
      ],
      alsoOnDisk: direction === 'up',
    }),
    bulkRow({
      name: `${name}-4-${direction}`,
      title: `${label} 4 sessions at once, 256 MiB ${direction} each`,
      ...{ direction, tls, sessions: 4 },
      goals: { speed: 1, cpu },
      forTheRecord: [unseparated],
    }),
    bulkRow({
      name: `${name}-4-${direction}-workers`,
      title: `${label} 4 sessions at once, 256 MiB ${direction} each, 2 workers`,
      ...{ direction, tls, sessions: 4 },
      ours: 'ours, 2 workers',
      goals: { speed: 1, cpu },
    }),
  ]
}

export const ftpBulkRows: readonly Row[] = [false, true].flatMap((tls) => [
  ...rowsOf(tls, 'down'),
  ...rowsOf(tls, 'up'),
])
