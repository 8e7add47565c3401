import { setTimeout as delay } from 'node:timers/promises'
import { hasCode } from '../core/errors.ts'
import { type Database, openDatabase, type OpenDatabaseOptions } from './database.ts'

const retriesMs = [500, 1000, 2000, 4000, 8000, 15_000]

/**
 * A database server may start together with us; one that refuses us for good ends the start at once.
 *
 * @throws FileServerError as openDatabase(); the signal's reason
 */
export async function openDatabaseWhenReady(url: string, options: OpenDatabaseOptions): Promise<Database> {
  const { log, signal } = options
  for (const retryMs of retriesMs) {
    try {
      return await openDatabase(url, options)
    } catch (error) {
      signal?.throwIfAborted()
      if (!hasCode(error, 'unavailable')) throw error
      log.warn({ err: error, retryMs }, 'database does not answer yet')
      await delay(retryMs, undefined, { signal }).catch(() => signal?.throwIfAborted())
    }
  }
  return openDatabase(url, options)
}
