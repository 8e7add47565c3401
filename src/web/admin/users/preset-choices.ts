import type { Choice } from '../../shared/components/field.tsx'
import { t } from '../../shared/i18n.ts'
import type { MessageKey } from '../../messages/message-key.ts'
import { presets, type Preset } from './permission-presets.ts'

const labels: Readonly<Record<Preset, MessageKey>> = {
  full: 'users.preset.full',
  upload: 'users.preset.upload',
  read: 'users.preset.read',
}
const hints: Readonly<Record<Preset | 'custom', MessageKey>> = {
  full: 'users.preset.fullHint',
  upload: 'users.preset.uploadHint',
  read: 'users.preset.readHint',
  custom: 'users.preset.customHint',
}

export function presetChoices(): readonly Choice<Preset>[] {
  return presets.map((value) => ({ value, label: t(labels[value]) }))
}

export function presetHint(preset: Preset | 'custom'): string {
  return t(hints[preset])
}

export function presetLabel(preset: Preset | 'custom'): string {
  return preset === 'custom' ? t('users.preset.custom') : t(labels[preset])
}
