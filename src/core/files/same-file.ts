import type { Entry } from './storage.ts'

/** True for two looks at one file, whatever was written to it between them; false where the storage tells no identities. */
export function isSameFile({ identity: one }: Entry, { identity: other }: Entry): boolean {
  return one !== undefined && one.file === other?.file && one.device === other.device
}
