import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { sftpCall, targetOf } from '../clients/ssh-target.ts'
import { startScript } from '../clients/start-script.ts'
import { timeClients } from '../harness/client.ts'
import { assertSameFile, makeFile } from '../harness/files.ts'
import type { Measurement, Row, RowContext } from '../harness/row.ts'

const mebibyte = 2 ** 20
const bytes = 256 * mebibyte
const script = join(import.meta.dirname, '../clients/slow-link.ts')

/** 20 ms each way. 256 MiB may be under way, which is all there is: the link itself never holds a sender back. */
const link = { delayMs: 20, maxQueuedBytes: bytes }

/** MiB/s that the link has to pass for the row to show the servers: twice what the row's client gets through it. */
const leastLinkSpeed = 250

/** How much a sender may have under way decides here: the window that the server opens. */
export const sftpWanRows: readonly Row[] = [
  {
    name: 'sftp-wan-up',
    title: 'SFTP 256 MiB up over 40 ms round trip',
    peers: ['openssh'],
    goals: { speed: 3 },
    async prepare(_server, context) {
      const source = sourceOf(context)
      if (!existsSync(source)) await makeFile(source, Math.round(bytes * context.scale))
    },
    reset: ({ home }) => rm(join(home, 'copy.bin'), { force: true }),
    async run(server, context) {
      const target = targetOf(server, context)
      await using slow = await startScript<{ readonly port: number }>(script, { ...link, port: target.port })
      const call = sftpCall({ ...target, port: slow.told.port }, [`put ${sourceOf(context)} copy.bin`])
      const seconds = await timeClients([call])
      await assertSameFile(sourceOf(context), join(server.home, 'copy.bin'), context)
      return { seconds, bytes: bytes * context.scale }
    },
  },
]

/** Shows that the link above is long, not narrow: the same bytes by plain TCP, without any server of files. */
export const wanLink: Measurement = {
  name: 'sftp-wan-link',
  title: 'The 40 ms link alone, plain TCP',
  async measure() {
    const sink = createServer((socket) => {
      let left = bytes
      socket.on('data', (chunk) => (left -= chunk.length) <= 0 && socket.write('all is here'))
    })
    sink.listen(0, '127.0.0.1')
    await once(sink, 'listening')
    try {
      const { port } = sink.address() as AddressInfo
      await using slow = await startScript<{ readonly port: number }>(script, { ...link, port })
      const seconds = await timePlainBytes(slow.told.port)
      const goal = { atLeast: leastLinkSpeed }
      return [{ title: this.title, value: bytes / mebibyte / seconds, unit: 'MiB/s', goal }]
    } finally {
      sink.close()
    }
  },
}

/** Seconds until the other end has all bytes and has said so. */
async function timePlainBytes(port: number): Promise<number> {
  const startedAt = performance.now()
  const socket = connect(port, '127.0.0.1')
  const answered = once(socket, 'data')
  const piece = Buffer.alloc(mebibyte / 4)
  for (let left = bytes; left > 0; left -= piece.length) if (!socket.write(piece)) await once(socket, 'drain')
  await answered
  socket.destroy()
  return (performance.now() - startedAt) / 1000
}

function sourceOf({ scratch }: RowContext): string {
  return join(scratch, 'wan-source.bin')
}
