import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type StartedScript, startScript } from '../clients/start-script.ts'
import { targetOf } from '../clients/ssh-target.ts'
import { makeFile } from '../harness/files.ts'
import { median } from '../harness/median.ts'
import type { Measurement, Row, RowContext, ServerName, ServerUnderTest } from '../harness/row.ts'
import { treePss } from '../harness/tree-watch.ts'

const script = join(import.meta.dirname, '../clients/ssh-load.ts')
const firstFile = 'first.bin'
const logins = 200
const connections = 100
const idleSessions = 500
/** Until what signing in left behind is given back, where it is. */
const restMs = 10_000

interface Load {
  readonly kind: 'logins' | 'first-byte' | 'hold'
  readonly count: number
  readonly atOnce: number
  readonly file?: string
}

function load<Told>(server: ServerUnderTest, context: RowContext, given: Load): Promise<StartedScript<Told>> {
  const { port, username, keyFile } = targetOf(server, context)
  return startScript<Told>(script, { port, username, keyFile, ...given })
}

export const sshSessionRows: readonly Row[] = [
  {
    name: 'ssh-logins',
    title: `SSH ${logins} times connect, sign in with a key, close; 8 at once`,
    peers: ['openssh'],
    goals: { speed: 3 },
    prepare: () => Promise.resolve(),
    async run(server, context) {
      const count = Math.ceil(logins * context.scale)
      await using client = await load<{ seconds: number }>(server, context, {
        kind: 'logins',
        count,
        atOnce: 8,
      })
      return { seconds: client.told.seconds }
    },
  },
  {
    name: 'ssh-first-byte',
    title: `SSH connect to first byte of a file, median of ${connections}`,
    peers: ['openssh'],
    goals: { speed: 6 },
    prepare: ({ home }) => makeFile(join(home, firstFile), 4096),
    async run(server, context) {
      const count = Math.ceil(connections * context.scale)
      const given = { kind: 'first-byte', count, atOnce: 1, file: firstFile } as const
      await using client = await load<{ milliseconds: number[] }>(server, context, given)
      return { seconds: median(client.told.milliseconds) / 1000 }
    },
  },
]

export const idleMemory: Measurement = {
  name: 'ssh-idle-memory',
  title: `Memory of ${idleSessions} idle SFTP sessions`,
  async measure(context) {
    const bytesOf = async (name: ServerName) => {
      await using server = await context.start(name)
      const before = treePss(server.pid)
      const given = { kind: 'hold', count: idleSessions, atOnce: 8 } as const
      await using _sessions = await load(server, context, given)
      await sleep(restMs)
      return (treePss(server.pid) - before) / idleSessions
    }
    const [ours, openssh] = [await bytesOf('ours'), await bytesOf('openssh')]
    return [
      { title: 'Memory of an idle SFTP session, ours', value: ours / 1024, unit: 'KiB' },
      { title: 'Memory of an idle SFTP session, OpenSSH', value: openssh / 1024, unit: 'KiB' },
      {
        title: 'the first of them through the second',
        value: ours / openssh,
        unit: '',
        goal: { atMost: 0.05 },
      },
    ]
  },
}
