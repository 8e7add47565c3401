import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClientCall } from '../harness/client.ts'
import { makeFile, shareFile } from '../harness/files.ts'
import type { RowContext, ServerUnderTest } from '../harness/row.ts'
import { curlAgain } from './curl-ftp.ts'
import { ftpTargetOf } from './ftp-target.ts'
import { sftpCall, targetOf } from './ssh-target.ts'

const bytes = 64 << 20
/** Of the same file over one connection, before the client starts anew. */
const repetitions = 100

/** `each` transfers of every kind: SFTP and FTP, half of which have TLS, down and up. */
export async function mixedTransfers(
  server: ServerUnderTest,
  context: RowContext,
  each: number,
): Promise<readonly ClientCall[]> {
  const source = join(context.scratch, 'load-source.bin')
  if (!existsSync(source)) await makeFile(source, bytes)
  await shareFile(source, join(server.home, 'load.bin'))
  await mkdir(join(server.home, 'loads'), { recursive: true })
  const again = (command: string) => Array.from({ length: repetitions }, () => command)
  const sftp = targetOf(server, context)
  return Array.from({ length: each }, (_, index) => {
    const ftp = ftpTargetOf(server, context, index % 2 === 1)
    return [
      sftpCall(sftp, again(`get load.bin ${join(context.scratch, `load-${index}`)}`)),
      sftpCall(sftp, again(`put ${source} loads/sftp-${index}`)),
      curlAgain(ftp, repetitions, { download: 'load.bin' }),
      curlAgain(ftp, repetitions, { upload: source, to: `loads/ftp-${index}` }),
    ]
  }).flat()
}
