import { parseArgs } from 'node:util'
import type { StorageKind } from './storage.ts'

export interface CommandLine {
  /** Names of rows, or what names begin with; empty for all. */
  readonly names: readonly string[]
  readonly runs: number
  /** Sizes of the races are multiplied by it. */
  readonly scale: number
  readonly jsonFile: string | undefined
  readonly isListing: boolean
  readonly drawsCurves: boolean
  /** Where profiles of the product are written. */
  readonly profileDirectory: string | undefined
  readonly isLong: boolean
  readonly help: boolean
  readonly storages: readonly StorageKind[]
}

export const usage = `npm run bench -- [name…] [options]
  name            a row, or what the names of several begin with: sftp-small; all without
  --list          the names
  --runs 5        of each server in each row, of which the median counts; 3 without
  --scale 0.1     sizes of the races times this, for a quick look; the results are then not those of the table
  --curves        rows that have a curve, at several sizes
  --storage KIND  memory or disk alone; both without
  --long          measurements that take minutes, in full
  --profile DIR   also tells which functions of the product took the time, and writes flame graphs (.cpuprofile, for the developer tools of
                  a browser) there; measuring costs a little, so the results are not those of the table
  --json FILE     also writes the results there`

/** @throws with words for the operator */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      list: { type: 'boolean', default: false },
      runs: { type: 'string', default: '3' },
      scale: { type: 'string', default: '1' },
      curves: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      storage: { type: 'string' },
      json: { type: 'string' },
      profile: { type: 'string' },
    },
  })
  const runs = Number(values.runs)
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs ${values.runs} is no number of runs`)
  const scale = Number(values.scale)
  if (!(scale > 0 && scale <= 100)) throw new Error(`--scale ${values.scale} is no factor up to 100`)
  return {
    names: positionals,
    runs,
    scale,
    jsonFile: values.json,
    profileDirectory: values.profile,
    isListing: values.list,
    drawsCurves: values.curves,
    isLong: values.long,
    help: values.help,
    storages: storagesOf(values.storage),
  }
}

function storagesOf(kind: string | undefined): readonly StorageKind[] {
  if (kind === undefined) return ['memory', 'disk']
  if (kind !== 'memory' && kind !== 'disk') throw new Error(`--storage ${kind} is neither memory nor disk`)
  return [kind]
}

/** Those that are asked for, in their own order. @throws when a name stands for nothing */
export function selectByName<T extends { readonly name: string }>(
  all: readonly T[],
  names: readonly string[],
): readonly T[] {
  const unknown = names.filter((wanted) => !all.some(({ name }) => name.startsWith(wanted)))
  if (unknown.length > 0) throw new Error(`no row is called ${unknown.join(', ')}; --list tells the names`)
  if (names.length === 0) return all
  return all.filter(({ name }) => names.some((wanted) => name.startsWith(wanted)))
}
