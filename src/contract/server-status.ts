import { Type, type Static } from 'typebox'
import { amount, timestamp } from './values.ts'

const off = Type.Object({ is_active: Type.Boolean() })
const port = Type.Integer({ minimum: 0, maximum: 65_535 })
const binding = Type.Object({ address: Type.String(), port }, { title: 'Binding' })

const hostKey = {
  path: Type.String(),
  fingerprint: Type.String({ description: 'SHA256:…, as OpenSSH shows it.' }),
  algorithms: Type.Array(Type.String()),
}

/** The name of what `error` says in English. */
export const certificateProblem = Type.Enum(
  [
    'not-complete',
    'not-readable',
    'key-not-readable',
    'key-of-another',
    'not-servable',
    'certificate-missing',
    'key-missing',
    'files-unreadable',
    'files-gone',
    'expired',
    'not-valid-yet',
    'names-others',
    'self-signed',
  ],
  { title: 'CertificateProblem' },
)
export type CertificateProblemName = Static<typeof certificateProblem>

/** What the server serves and leans on. */
export const servicesStatus = Type.Object(
  {
    process: Type.Object(
      {
        version: Type.String(),
        started_at: timestamp('When the server started'),
        now: timestamp('The clock of the server'),
        memory_bytes: amount('Bytes of memory that the server holds.'),
        min_free_bytes: amount('Uploads stop when less is left on their disk; 0 = never.'),
        data_directory: Type.Object(
          {
            directory: Type.String(),
            free_bytes: amount('Bytes; 0 when not known.'),
            total_bytes: amount('Bytes; 0 when not known.'),
            error: Type.String({ description: 'For people; empty when nothing is wrong.' }),
          },
          { description: 'Holds the database and the host keys.' },
        ),
      },
      { title: 'ProcessStatus' },
    ),
    ssh: Type.Object({
      is_active: Type.Boolean(),
      bindings: Type.Array(binding),
      host_keys: Type.Array(
        Type.Object({
          ...hostKey,
          next: Type.Optional(
            Type.Object(hostKey, {
              description: 'Takes its place some day: clients are told of it, and it is not used yet.',
            }),
          ),
        }),
      ),
      ssh_commands: Type.Array(Type.String()),
      authentications: Type.Array(Type.String()),
    }),
    ftp: Type.Object({
      is_active: Type.Boolean(),
      bindings: Type.Array(
        Type.Object({
          address: Type.String(),
          port,
          tls_mode: Type.Integer({
            minimum: 0,
            maximum: 2,
            description: '0: TLS allowed, 1: required, 2: implicit.',
          }),
        }),
      ),
      passive_port_range: Type.Object({ start: port, end: port }),
      passive_ports: Type.Array(port),
      passive_host: Type.String(),
    }),
    webdav: Type.Object({ is_active: Type.Boolean(), bindings: Type.Array(binding) }),
    http: Type.Object({ is_active: Type.Boolean(), bindings: Type.Array(binding), base_path: Type.String() }),
    workers: Type.Object(
      {
        configured: Type.Integer({ minimum: 1 }),
        running: amount('Processes that serve now.'),
        restarts: amount('Processes that took the place of one that ended.'),
        hangs: amount('Of them, in place of one that did not answer.'),
      },
      { description: 'Processes that serve SFTP and FTP.' },
    ),
    audit_log: Type.Object({
      queued: amount('Records that wait for the database.'),
      lost: amount('Records that found the memory for them full, since the start.'),
    }),
    data_provider: Type.Object({
      is_active: Type.Boolean(),
      driver: Type.String(),
      error: Type.String(),
    }),
    defender: off,
    mfa: off,
    allow_list: off,
    rate_limiters: off,
    platform: Type.Object({ state: Type.String(), since: timestamp('Since when'), error: Type.String() }),
    storages: Type.Array(
      Type.Object({
        name: Type.String(),
        directory: Type.String(),
        is_writable: Type.Boolean(),
        free_bytes: Type.Integer({ format: 'int64' }),
        total_bytes: Type.Integer({ format: 'int64' }),
        error: Type.String(),
      }),
    ),
    certificates: Type.Array(
      Type.Object({
        host: Type.String(),
        expires_at: timestamp('When it ends'),
        is_self_signed: Type.Boolean(),
        error: Type.String(),
        reason: Type.Optional(certificateProblem),
      }),
    ),
  },
  { title: 'ServicesStatus' },
)
export type ServicesStatus = Static<typeof servicesStatus>
