import { mkdir } from 'node:fs/promises'
import { installPeer, startPeer, username } from '../ftp/servers.ts'
import type { ServerPlace, ServerUnderTest } from '../harness/row.ts'

const passivePorts = 50

/** The FTP server of npm, for the record: each of its transfers takes a passive port for itself. */
export async function startFtpSrv({ directory }: ServerPlace): Promise<ServerUnderTest> {
  await installPeer()
  await mkdir(directory, { recursive: true })
  const { port, ...peer } = await startPeer(directory, passivePorts)
  return { ...peer, name: 'ftp-srv', ftpPort: port, ftpUsername: username }
}
