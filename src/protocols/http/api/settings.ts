import { settingsChange, settingsState, type SettingsState } from '../../../contract/setting.ts'
import type { LiveSettings } from '../../../core/settings/live-settings.ts'
import { adminOf } from '../access.ts'
import type { HttpApp } from '../http-app.ts'

const tags = ['maintenance']
const access = ['manage_system'] as const

/** One variable of the environment, as it may be shown. */
export interface EnvironmentEntry {
  readonly name: string
  readonly value: string
  readonly isDefault: boolean
  readonly description: string
}

/** What can be changed while the server runs, and what the environment says. */
export function serveSettings(
  app: HttpApp,
  settings: LiveSettings,
  environment: readonly EnvironmentEntry[],
): void {
  app.get(
    '/settings',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'get_settings',
        summary: 'Read the settings in force',
        response: { 200: settingsState },
      },
    },
    async () => fromSettings(settings, environment),
  )

  app.put(
    '/settings',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'change_settings',
        summary: 'Change settings; they hold at once, without a restart',
        body: settingsChange,
        response: { 200: settingsState },
      },
    },
    async (request) => {
      const { set, reset = [], backup_passphrase } = request.body
      await settings.change(adminOf(request).username, { set, reset, passphrase: backup_passphrase })
      return fromSettings(settings, environment)
    },
  )
}

function fromSettings(settings: LiveSettings, environment: readonly EnvironmentEntry[]): SettingsState {
  return {
    current: settings.current,
    changed: [...settings.changed],
    has_backup_passphrase: settings.hasBackupPassphrase,
    environment: environment.map(({ name, value, isDefault, description }) => ({
      name,
      value,
      is_default: isDefault,
      description,
    })),
  }
}
