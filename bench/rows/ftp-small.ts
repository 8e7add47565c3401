import { existsSync } from 'node:fs'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ftpTargetOf } from '../clients/ftp-target.ts'
import { askClient } from '../clients/json-client.ts'
import { assertSameTree, makeTree } from '../harness/files.ts'
import type { Row, RowContext } from '../harness/row.ts'
import { type FtpDirection, makeUploads, uploads } from './ftp-bulk.ts'

const files = 2000
const bytesEach = 4096
const script = join(import.meta.dirname, '../clients/ftp-small.py')
const remote = 'small'

/** Many files of one block over one control connection, each with a data connection of its own. */
function smallRow(tls: boolean, direction: FtpDirection): Row {
  return {
    name: `${tls ? 'ftps' : 'ftp'}-small-${direction}`,
    title: `${tls ? 'FTPS' : 'FTP'} 2,000 files of 4 KiB ${direction}, Python ftplib`,
    peers: ['vsftpd', 'proftpd, FTP', 'pure-ftpd'],
    forTheRecord: ['vsftpd without privilege separation', ...(tls ? [] : (['bare Node'] as const))],
    goals: { speed: 1.2 },
    alsoOnDisk: direction === 'up' && !tls,
    hasCurve: true,
    unit: { name: 'thousand files', count: files / 1000 },
    async prepare(server, context) {
      const source = sourceOf(context)
      if (!existsSync(source)) await makeTree(source, Math.round(files * context.scale), bytesEach)
      if (direction === 'down') await cp(source, join(server.home, remote), { recursive: true })
      else await makeUploads(server)
    },
    async reset(server) {
      if (direction === 'down') return
      await rm(join(server.home, uploads), { recursive: true, force: true })
      await makeUploads(server)
    },
    async run(server, context) {
      const local = sourceOf(context)
      const given = { direction, local, remote: direction === 'down' ? remote : uploads }
      const target = ftpTargetOf(server, context, tls)
      const told = await askClient<{ readonly seconds: number; readonly resumed: number }>(
        '/usr/bin/python3',
        script,
        { ...target, ...given },
        context.scratch,
      )
      if (direction === 'up') await assertSameTree(local, join(server.home, uploads), context)
      // pure-ftpd resumes none: each of its data connections is a whole handshake.
      const expected = tls && server.name !== 'pure-ftpd' ? Math.round(files * context.scale) : 0
      if (told.resumed !== expected)
        throw new Error(`${told.resumed} of ${expected} data connections resumed`)
      return { seconds: told.seconds }
    },
  }
}

function sourceOf({ scratch }: RowContext): string {
  return join(scratch, 'small-source')
}

export const ftpSmallRows: readonly Row[] = [false, true].flatMap((tls) => [
  smallRow(tls, 'down'),
  smallRow(tls, 'up'),
])
