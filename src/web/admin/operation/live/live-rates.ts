import type { ConnectionResource } from '../../../../contract/connection.ts'
import type { LiveState } from '../../../../contract/live.ts'

type Transfer = ConnectionResource['active_transfers'][number]

/** Bytes per second of each transfer, by its key. */
export type Rates = ReadonlyMap<string, number>

/** What tells a transfer from others, also of the same file. */
export function transferKey(connectionId: string, transfer: Transfer): string {
  return [connectionId, transfer.operation_type, transfer.start_time, transfer.path].join('\n')
}

/** What moved between two states; new transfers are measured from their beginning. */
export function ratesBetween(before: LiveState | undefined, after: LiveState, known: Rates): Rates {
  const elapsed = before ? after.now - before.now : 0
  if (before && elapsed <= 0) return known
  const sizes = before ? sizesOf(before) : new Map<string, number>()
  const rates = new Map<string, number>()
  for (const { connection_id: id, active_transfers: transfers } of after.connections)
    for (const transfer of transfers) {
      const key = transferKey(id, transfer)
      const size = sizes.get(key)
      rates.set(
        key,
        size === undefined
          ? perSecond(transfer.size, after.now - transfer.start_time)
          : perSecond(transfer.size - size, elapsed),
      )
    }
  return rates
}

function perSecond(bytes: number, ms: number): number {
  return ms < 100 ? 0 : Math.max(0, (bytes * 1000) / ms)
}

function sizesOf({ connections }: LiveState): Map<string, number> {
  return new Map(
    connections.flatMap(({ connection_id: id, active_transfers: transfers }) =>
      transfers.map((transfer) => [transferKey(id, transfer), transfer.size] as const),
    ),
  )
}
