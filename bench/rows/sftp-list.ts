import { createReadStream, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sftpCall, targetOf } from '../clients/ssh-target.ts'
import { timeClients } from '../harness/client.ts'
import type { Row } from '../harness/row.ts'

const entries = 50_000

export const sftpListRows: readonly Row[] = [
  {
    name: 'sftp-list',
    title: 'SFTP `ls -l` of 50,000 entries',
    peers: ['openssh'],
    forTheRecord: ['proftpd', 'ssh2 stock'],
    goals: { speed: 2 },
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
      const call = sftpCall(targetOf(server, context), ['ls -l many'], { stdoutFile: listing })
      const seconds = await timeClients([call])
      const expected = Math.round(entries * context.scale)
      const found = await countLines(listing, 'entry-')
      if (found !== expected) throw new Error(`${found} entries were listed, not ${expected}`)
      return { seconds }
    },
  },
]

/** A directory of empty files; synchronously, as nobody else is at work and a million would take long otherwise. */
export function makeEmptyFiles(directory: string, count: number): void {
  mkdirSync(directory)
  for (let index = 0; index < count; index++)
    writeFileSync(join(directory, `entry-${String(index).padStart(7, '0')}.txt`), '')
}

/** Lines of a file that hold a text. */
export async function countLines(path: string, text: string): Promise<number> {
  let [count, rest] = [0, '']
  for await (const chunk of createReadStream(path, 'latin1')) {
    const lines = `${rest}${chunk as string}`.split('\n')
    rest = lines.pop() ?? ''
    count += lines.filter((line) => line.includes(text)).length
  }
  return count + Number(rest.includes(text))
}
