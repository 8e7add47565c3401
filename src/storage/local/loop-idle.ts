import { performance } from 'node:perf_hooks'

/**
 * Milliseconds, since the process began, in which the event loop had nothing to do. An answer of the thread pool that
 * came while the loop was busy may have lain there for a while: only an idle loop proves that it was waited for.
 */
export function loopIdle(): number {
  return performance.nodeTiming.idleTime
}
