import type { FuzzTarget } from './fuzz-target.ts'
import { documentTargets } from './targets/documents.ts'
import { parserTargets } from './targets/parsers.ts'
import { serverTargets } from './targets/servers.ts'
import { sshTargets } from './targets/ssh.ts'

/** Everything that takes what anybody may send, or that may lie on the disk. */
export const fuzzTargets: readonly FuzzTarget[] = [
  ...parserTargets,
  ...documentTargets,
  ...sshTargets,
  ...serverTargets,
]
