import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sftpCall, targetOf } from '../clients/ssh-target.ts'
import { timeClients } from '../harness/client.ts'
import { assertSameFile, makeFile, shareFile } from '../harness/files.ts'
import type { Goals, Row, RowContext, RunResult, ServerName, ServerUnderTest } from '../harness/row.ts'

const gibibyte = 2 ** 30

export type Direction = 'down' | 'up'

interface Bulk {
  readonly name: string
  readonly title: string
  readonly direction: Direction
  /** At once, which share the GiB. */
  readonly sessions: number
  readonly cipher: string
  readonly speed: number
  readonly ours?: 'ours, 2 workers'
  readonly peers?: readonly ServerName[]
  readonly forTheRecord?: readonly ServerName[]
  readonly alsoOnDisk?: boolean
}

/** One GiB by the sftp(1) of OpenSSH, in as many sessions as `bulk` says. */
function bulkRow({ direction, sessions, cipher, speed, ...bulk }: Bulk): Row {
  const goals: Goals = { speed, cpu: 0.7 }
  const indices = Array.from({ length: sessions }, (_, index) => index)
  const bytesEach = (scale: number) => Math.round((gibibyte / sessions) * scale)
  const move = direction === 'down' ? download : upload
  return {
    peers: ['openssh'],
    hasCurve: bulk.ours === undefined,
    unit: { name: 'GiB', count: 1 },
    ...bulk,
    goals,
    async prepare({ home }, context) {
      for (const index of indices) {
        const source = sourceOf(index, context)
        if (!existsSync(source)) await makeFile(source, bytesEach(context.scale), gibibyte / sessions)
        if (direction === 'down') await shareFile(source, join(home, nameOf(index)))
      }
    },
    async reset({ home }, { scratch }) {
      for (const index of indices)
        await rm(copyIn(direction === 'down' ? scratch : home, index), { force: true })
    },
    run: (server, context) => move(server, context, indices, cipher),
  }
}

async function download(
  server: ServerUnderTest,
  context: RowContext,
  indices: readonly number[],
  cipher: string,
): Promise<RunResult> {
  const target = targetOf(server, context)
  const copyOf = (index: number) => copyIn(context.scratch, index)
  const calls = indices.map((index) =>
    sftpCall(target, [`get ${nameOf(index)} ${copyOf(index)}`], { cipher }),
  )
  const seconds = await timeClients(calls)
  for (const index of indices) await assertSameFile(sourceOf(index, context), copyOf(index), context)
  return { seconds, bytes: gibibyte * context.scale }
}

async function upload(
  server: ServerUnderTest,
  context: RowContext,
  indices: readonly number[],
  cipher: string,
): Promise<RunResult> {
  const target = targetOf(server, context)
  const calls = indices.map((index) =>
    sftpCall(target, [`put ${sourceOf(index, context)} copy-${index}.bin`], { cipher }),
  )
  const seconds = await timeClients(calls)
  for (const index of indices)
    await assertSameFile(sourceOf(index, context), copyIn(server.home, index), context)
  return { seconds, bytes: gibibyte * context.scale }
}

function nameOf(index: number): string {
  return `big-${index}.bin`
}

function sourceOf(index: number, { scratch }: RowContext): string {
  return join(scratch, `source-${index}.bin`)
}

function copyIn(directory: string, index: number): string {
  return join(directory, `copy-${index}.bin`)
}

const gcm = 'aes128-gcm@openssh.com'
const goalOf = { down: { one: 2, four: 2, sixteen: 3 }, up: { one: 1.3, four: 1.5, sixteen: 2 } } as const

function singleSession(direction: Direction): Row[] {
  const otherGoal = direction === 'down' ? 2 : 1.5
  const common = { direction, sessions: 1 }
  return [
    bulkRow({
      ...common,
      name: `sftp-${direction}-gcm`,
      title: `SFTP 1 GiB ${direction}, aes128-gcm`,
      cipher: gcm,
      speed: goalOf[direction].one,
      peers: ['openssh', 'proftpd'],
      forTheRecord: ['ssh2 stock'],
      alsoOnDisk: true,
    }),
    bulkRow({
      ...common,
      name: `sftp-${direction}-chacha20`,
      title: `SFTP 1 GiB ${direction}, chacha20-poly1305`,
      cipher: 'chacha20-poly1305@openssh.com',
      speed: otherGoal,
    }),
    bulkRow({
      ...common,
      name: `sftp-${direction}-ctr`,
      title: `SFTP 1 GiB ${direction}, aes256-ctr`,
      cipher: 'aes256-ctr',
      speed: otherGoal,
      peers: ['openssh', 'proftpd'],
    }),
  ]
}

function manySessions(direction: Direction): Row[] {
  const sixteen = { direction, sessions: 16, cipher: gcm, speed: goalOf[direction].sixteen }
  return [
    bulkRow({
      name: `sftp-4-${direction}`,
      title: `SFTP 4 sessions at once, 256 MiB ${direction} each`,
      direction,
      sessions: 4,
      cipher: gcm,
      speed: goalOf[direction].four,
    }),
    bulkRow({
      ...sixteen,
      name: `sftp-16-${direction}`,
      title: `SFTP 16 sessions at once, 64 MiB ${direction} each`,
    }),
    bulkRow({
      ...sixteen,
      name: `sftp-16-${direction}-workers`,
      title: `SFTP 16 sessions at once, 64 MiB ${direction} each, 2 workers`,
      ours: 'ours, 2 workers',
    }),
  ]
}

export const sftpBulkRows: readonly Row[] = [
  ...singleSession('down'),
  ...singleSession('up'),
  ...manySessions('down'),
  ...manySessions('up'),
]
