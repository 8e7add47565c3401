import type { LiveSettingsResource, SettingsChange } from '../../../../contract/setting.ts'

export interface ScheduleDraft {
  readonly hours: string
  readonly keep: string
  readonly passphrase: string
  readonly again: string
  readonly endsEncryption: boolean
}

type Schedule = Pick<LiveSettingsResource, 'backup_interval_hours' | 'backup_keep'>

export function draftOf(current: Schedule): ScheduleDraft {
  return {
    hours: String(current.backup_interval_hours),
    keep: String(current.backup_keep),
    passphrase: '',
    again: '',
    endsEncryption: false,
  }
}

/** Nothing but what is another than in `current`, with which the form was filled: the rest may have been changed elsewhere since. */
export function changeOf(
  { hours, keep, passphrase, endsEncryption }: ScheduleDraft,
  current: Schedule,
): SettingsChange {
  const isNewPassphrase = endsEncryption || passphrase !== ''
  return {
    set: {
      ...(Number(hours) === current.backup_interval_hours ? {} : { backup_interval_hours: Number(hours) }),
      ...(Number(keep) === current.backup_keep ? {} : { backup_keep: Number(keep) }),
    },
    ...(isNewPassphrase ? { backup_passphrase: endsEncryption ? '' : passphrase } : {}),
  }
}

/** Whether something is left to save, also of what was typed while a save was under way. */
export function isChanged(draft: ScheduleDraft, current: Schedule): boolean {
  const saved = draftOf(current)
  return (Object.keys(saved) as (keyof ScheduleDraft)[]).some((name) => draft[name] !== saved[name])
}
