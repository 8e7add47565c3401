import type { Row } from '../harness/row.ts'
import { ftpBulkRows } from './ftp-bulk.ts'
import { ftpListRows } from './ftp-list.ts'
import { ftpSmallRows } from './ftp-small.ts'
import { ftpsOnePortRows } from './ftps-one-port.ts'

export const ftpRows: readonly Row[] = [...ftpBulkRows, ...ftpSmallRows, ...ftpListRows, ...ftpsOnePortRows]
