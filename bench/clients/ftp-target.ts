import type { RowContext, ServerUnderTest } from '../harness/row.ts'

/** Where and as whom FTP clients sign in. */
export interface FtpTarget {
  readonly port: number
  readonly username: string
  readonly password: string
  readonly tls: boolean
}

/** @throws when the server speaks no FTP */
export function ftpTargetOf(
  server: ServerUnderTest,
  { credentials }: Pick<RowContext, 'credentials'>,
  tls: boolean,
): FtpTarget {
  if (server.ftpPort === undefined) throw new Error(`${server.name} has no port for FTP`)
  const { username, password } = credentials
  return { port: server.ftpPort, username: server.ftpUsername ?? username, password, tls }
}
