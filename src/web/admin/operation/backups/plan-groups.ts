import type { RestorePlan } from '../../../../contract/backup.ts'

export type PlannedChange = RestorePlan['changes'][number]

export interface PlanGroup {
  readonly kind: PlannedChange['kind']
  readonly changes: readonly PlannedChange[]
}

const kinds = ['user', 'folder', 'admin', 'setting'] as const
/** What is lost comes first. */
const order = ['remove', 'replace', 'add'] as const

/** What a restore changes, kind by kind. */
export function planGroups({ changes }: RestorePlan): readonly PlanGroup[] {
  return kinds
    .map((kind) => ({
      kind,
      changes: changes
        .filter((change) => change.kind === kind)
        .toSorted((one, other) => order.indexOf(one.change) - order.indexOf(other.change)),
    }))
    .filter((group) => group.changes.length > 0)
}

export function countChanges({ changes }: RestorePlan, wanted: PlannedChange['change']): number {
  return changes.filter(({ change }) => change === wanted).length
}
