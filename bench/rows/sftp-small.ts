import { existsSync } from 'node:fs'
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Target } from '../../test/support/clients/file-client.ts'
import { rcloneFlags } from '../../test/support/clients/rclone.ts'
import { lftpCall } from '../clients/lftp.ts'
import { sftpCall, targetOf } from '../clients/ssh-target.ts'
import { type ClientCall, timeClients } from '../harness/client.ts'
import { assertSameTree, makeTree } from '../harness/files.ts'
import type { Row, RowContext, ServerName } from '../harness/row.ts'
import type { Direction } from './sftp-bulk.ts'

const files = 2000
const bytesEach = 4096

interface SmallClient {
  readonly name: string
  readonly title: string
  readonly forTheRecord?: Readonly<Record<Direction, readonly ServerName[]>>
  readonly hasCurve?: boolean
  /** Copies the directory `from` so that `to` holds what it held. */
  copy(target: Target, direction: Direction, from: string, to: string): Promise<ClientCall>
}

const clients: readonly SmallClient[] = [
  {
    name: 'sftp',
    title: 'OpenSSH sftp',
    // proftpd resolves no path that is not there yet, which `put -r` asks for.
    forTheRecord: { down: ['proftpd', 'ssh2 stock'], up: ['ssh2 stock'] },
    hasCurve: true,
    copy: (target, direction, from, to) =>
      Promise.resolve(sftpCall(target, [`${direction === 'down' ? 'get' : 'put'} -r ${from} ${to}`])),
  },
  {
    name: 'rclone',
    title: 'rclone copy',
    copy: async (target, direction, from, to) => {
      // Without a shell to ask for hashes, so that both servers do the same work.
      const shell = [
        '--sftp-shell-type=none',
        '--sftp-disable-hashcheck',
        `--sftp-key-file=${target.keyFile}`,
      ]
      const flags = (await rcloneFlags(target, 'sftp')).filter((flag) => !flag.startsWith('--sftp-pass='))
      const places = direction === 'down' ? [`:sftp:${from}`, to] : [from, `:sftp:${to}`]
      return { program: 'rclone', args: ['copy', ...places, ...flags, ...shell] }
    },
  },
  {
    name: 'lftp',
    title: 'lftp mirror',
    copy: (target, direction, from, to) =>
      Promise.resolve(lftpCall(target, [`mirror ${direction === 'down' ? '' : '-R'} ${from} ${to}`])),
  },
]

/** Many files of one block each, where every file costs its round trips and nothing else. */
function smallRow(client: SmallClient, direction: Direction): Row {
  return {
    name: `sftp-small-${client.name}-${direction}`,
    title: `SFTP 2,000 files of 4 KiB ${direction}, ${client.title}`,
    peers: ['openssh'],
    ...(client.forTheRecord && { forTheRecord: client.forTheRecord[direction] }),
    goals: { speed: 1.3 },
    alsoOnDisk: client.name === 'sftp',
    ...(client.hasCurve && { hasCurve: true, unit: { name: 'thousand files', count: files / 1000 } }),
    async prepare({ home }, context) {
      const source = sourceOf(context)
      if (!existsSync(source)) await makeTree(source, Math.round(files * context.scale), bytesEach)
      if (direction === 'down') await cp(source, join(home, 'small'), { recursive: true })
    },
    async reset({ home }, { scratch }) {
      await rm(copyIn(direction === 'down' ? scratch : home), { recursive: true, force: true })
    },
    async run(server, context) {
      const target = targetOf(server, context)
      const source = sourceOf(context)
      const isDown = direction === 'down'
      const [from, to] = isDown ? ['small', copyIn(context.scratch)] : [source, 'copy']
      // lftp and rclone copy into a directory that is there; sftp makes the one it is told.
      if (isDown && client.name !== 'sftp') await mkdir(to, { recursive: true })
      const seconds = await timeClients([await client.copy(target, direction, from, to)])
      await assertSameTree(source, copyIn(isDown ? context.scratch : server.home), context)
      return { seconds }
    },
  }
}

function sourceOf({ scratch }: RowContext): string {
  return join(scratch, 'small-source')
}

function copyIn(directory: string): string {
  return join(directory, 'copy')
}

export const sftpSmallRows: readonly Row[] = clients.flatMap((client) => [
  smallRow(client, 'down'),
  smallRow(client, 'up'),
])
