import type { Measurement, Row } from '../harness/row.ts'
import { ftpRows } from './ftp.ts'
import { httpRows } from './http.ts'
import { loadMeasurements } from './load.ts'
import { plainCopy } from './plain-copy.ts'
import { sftpBulkRows } from './sftp-bulk.ts'
import { sftpListRows } from './sftp-list.ts'
import { sftpSmallRows } from './sftp-small.ts'
import { sftpWanRows, wanLink } from './sftp-wan.ts'
import { idleMemory, sshSessionRows } from './ssh-sessions.ts'

/** All races, in the order of the table. */
export const rows: readonly Row[] = [
  ...sftpBulkRows,
  ...sftpWanRows,
  ...sftpSmallRows,
  ...sftpListRows,
  ...sshSessionRows,
  ...ftpRows,
  ...httpRows,
]

export const measurements: readonly Measurement[] = [plainCopy, wanLink, idleMemory, ...loadMeasurements]
