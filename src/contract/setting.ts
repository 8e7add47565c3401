import { Type, type Static } from 'typebox'

const seconds = (minimum: number, description: string) =>
  Type.Integer({ minimum, maximum: 1_000_000, description: `${description}, in seconds.` })

/** What can be changed while the server runs. A field left out of a change stays; null goes back to the environment's. */
export const liveSettings = Type.Object(
  {
    sftp_banner: Type.String({
      maxLength: 4096,
      description: 'Text that SSH clients are shown before the login.',
    }),
    ftp_tls: Type.Enum(['allowed', 'control', 'required']),
    max_connections: Type.Integer({ minimum: 0, maximum: 1_000_000, description: '0: no limit.' }),
    login_grace: seconds(1, 'Time a client has to log in'),
    idle_timeout: seconds(
      0,
      'Time without a request or transfer after which a client is disconnected; 0: never',
    ),
    max_auth_tries: Type.Integer({ minimum: 1, maximum: 100 }),
    audit_retention_days: Type.Integer({
      minimum: 1,
      maximum: 3650,
      description: 'Days the activity log is kept.',
    }),
    backup_interval_hours: Type.Integer({
      minimum: 0,
      maximum: 8760,
      description: 'Hours between scheduled backups; 0: none.',
    }),
    backup_keep: Type.Integer({ minimum: 1, maximum: 1000, description: 'Scheduled backups that are kept.' }),
  },
  { title: 'LiveSettings' },
)
export type LiveSettingsResource = Static<typeof liveSettings>

/** Values to set; a name in `reset` goes back to the environment's. */
export const settingsChange = Type.Object(
  {
    set: Type.Partial(liveSettings),
    reset: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 20 })),
    backup_passphrase: Type.Optional(
      Type.String({
        maxLength: 1024,
        description: 'Encrypts scheduled backups; empty: they are not encrypted.',
      }),
    ),
  },
  { title: 'SettingsChange' },
)
export type SettingsChange = Static<typeof settingsChange>

export const settingsState = Type.Object(
  {
    current: liveSettings,
    changed: Type.Array(Type.String(), {
      description: 'Names that differ from the environment by a change made here.',
    }),
    has_backup_passphrase: Type.Boolean(),
    environment: Type.Array(
      Type.Object({
        name: Type.String({ description: 'Of the variable.' }),
        value: Type.String({ description: 'Secrets are not shown.' }),
        is_default: Type.Boolean(),
        description: Type.String(),
      }),
    ),
  },
  { title: 'SettingsState' },
)
export type SettingsState = Static<typeof settingsState>
