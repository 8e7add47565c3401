import { join } from 'node:path'
import { curlList } from '../clients/curl-ftp.ts'
import { ftpTargetOf } from '../clients/ftp-target.ts'
import { timeClients } from '../harness/client.ts'
import type { Row, ServerName } from '../harness/row.ts'
import { countLines, makeEmptyFiles } from './sftp-list.ts'

const entries = 50_000

function listRow(command: 'LIST' | 'MLSD', peers: readonly ServerName[]): Row {
  return {
    name: `ftp-${command.toLowerCase()}`,
    title: `FTP ${command} of 50,000 entries`,
    peers,
    ...(command === 'LIST' && { forTheRecord: ['vsftpd without privilege separation', 'ftp-srv'] }),
    goals: { speed: 1 },
    // It takes a fraction of a second, and curl now and then waits for one before it opens the data connection.
    runs: 5,
    warmUps: 6,
    hasCurve: true,
    scales: [0.02, 0.2, 2, 20],
    unit: { name: 'thousand entries', count: entries / 1000 },
    prepare: ({ home }, { scale }) => {
      makeEmptyFiles(join(home, 'many'), Math.round(entries * scale))
      return Promise.resolve()
    },
    async run(server, context) {
      const listing = join(context.scratch, 'listing')
      const target = ftpTargetOf(server, context, false)
      const seconds = await timeClients([curlList(target, command, 'many', listing)])
      const expected = Math.round(entries * context.scale)
      const found = await countLines(listing, 'entry-')
      if (found !== expected) throw new Error(`${found} entries were listed, not ${expected}`)
      return { seconds }
    },
  }
}

export const ftpListRows: readonly Row[] = [
  listRow('LIST', ['vsftpd', 'proftpd, FTP', 'pure-ftpd']),
  // vsftpd knows no MLSD.
  listRow('MLSD', ['proftpd, FTP', 'pure-ftpd']),
]
