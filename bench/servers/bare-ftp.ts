import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startScript } from '../clients/start-script.ts'
import type { ServerPlace, ServerUnderTest } from '../harness/row.ts'

const script = join(import.meta.dirname, '../peers/bare-ftp/server.ts')

/** What Node itself takes for FTP, without a server's work; for the record. */
export async function startBareFtp({ directory }: ServerPlace): Promise<ServerUnderTest> {
  const root = join(directory, 'home')
  await mkdir(root, { recursive: true })
  const started = await startScript<{ readonly port: number }>(script, { root })
  return {
    name: 'bare Node',
    pid: started.pid,
    home: root,
    ftpPort: started.told.port,
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  }
}
