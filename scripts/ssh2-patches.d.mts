export interface Ssh2Patch {
  readonly name: string
  readonly reason: string
  readonly file: string
  readonly find: string
  readonly replace: string
}
export const patches: readonly Ssh2Patch[]
export function stateOf(patch: Ssh2Patch, directory?: string): 'applied' | 'applicable' | 'needless'
export function applyPatches(directory?: string): void
