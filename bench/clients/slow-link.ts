/**
 * A long link to a port of this machine: bytes arrive later, and nothing else is done to them. A process of its own, so that
 * neither client nor server pays for it. Argument: JSON with `port`, `delayMs` and `maxQueuedBytes`; tells its own port.
 */
import { tcpPipe } from '../../test/support/tcp-pipe.ts'

const {
  port = 0,
  delayMs = 0,
  maxQueuedBytes = 0,
} = JSON.parse(process.argv[2] ?? '') as Record<string, number>
const pipe = await tcpPipe({ target: { host: '127.0.0.1', port }, delayMs, maxQueuedBytes })
console.log(JSON.stringify({ port: pipe.port }))
