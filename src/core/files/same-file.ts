import type { Entry } from './storage.ts'

/** True for two looks at one file, whatever was written to it between them. A storage that tells no identities knows no others. */
export function isSameFile({ identity: one }: Entry, { identity: other }: Entry): boolean {
  return one?.file === other?.file && one?.device === other?.device
}
