/** One environment variable of the product. The code, plugin.json, the Dockerfile and README.md agree on this table. */
export interface Setting {
  readonly name: string
  /** Default when started from a clone; '' = off or not set. Relative paths start at the working directory. */
  readonly clone: string
  /** Default in the container; {{NAME}} is filled in by the platform. */
  readonly container: string
  readonly description: string
  /** Its value is never printed. */
  readonly secret?: true
  /** The platform sets it for every plugin, so plugin.json does not list it. */
  readonly fromPlatform?: true
}

export const settings = [
  {
    name: 'THINGER_HOST',
    clone: '',
    container: '{{THINGER_HOST}}',
    fromPlatform: true,
    description: 'Host name of the Thinger.io instance. Without it the product runs standalone.',
  },
  {
    name: 'THINGER_USER',
    clone: '',
    container: '{{THINGER_USER}}',
    fromPlatform: true,
    description: 'Account that owns the plugin.',
  },
  {
    name: 'THINGER_PLUGIN',
    clone: '',
    container: '{{THINGER_PLUGIN}}',
    fromPlatform: true,
    description: 'Identifier of the plugin in that account.',
  },
  {
    name: 'THINGER_TOKEN_SFTPGO_PLUGIN',
    clone: '',
    container: '{{THINGER_TOKEN_SFTPGO_PLUGIN}}',
    fromPlatform: true,
    secret: true,
    description: 'Access token of the plugin. Without it storages are found on the disk only.',
  },
  {
    name: 'THINGER_API_URL',
    clone: '',
    container: 'https://{{THINGER_HOST}}',
    description: 'Base URL of the Thinger.io API. Empty: `https://THINGER_HOST`.',
  },
  {
    name: 'STORAGES_DIR',
    clone: './data/storages',
    container: '/srv/sftpgo',
    description: 'Directory that holds one sub-directory for each file storage.',
  },
  {
    name: 'DATA_DIR',
    clone: './data/state',
    container: '/var/lib/sftpgo',
    description: 'Private directory: database, SSH host keys, and the key of second factors.',
  },
  {
    name: 'CERTIFICATES_DIR',
    clone: './data/certificates',
    container: '/certificates',
    description: 'Directory with `<domain>/fullchain.pem` and `<domain>/privkey.pem`.',
  },
  {
    name: 'USERS_BASE_DIR',
    clone: './data/storages/sftpgo_data/data',
    container: '/srv/sftpgo/sftpgo_data/data',
    description: 'Home directories of users that name none. Empty: `sftpgo_data/data` in STORAGES_DIR.',
  },
  {
    name: 'BACKUPS_DIR',
    clone: './data/storages/sftpgo_data/backups',
    container: '/srv/sftpgo/sftpgo_data/backups',
    description: 'Directory for backups. Empty: `sftpgo_data/backups` in STORAGES_DIR.',
  },
  {
    name: 'DATABASE_URL',
    clone: 'sqlite:./data/state/sftpgo-plugin.db',
    container: 'sqlite:/var/lib/sftpgo/sftpgo-plugin.db',
    secret: true,
    description:
      '`sqlite:` and a file, or `postgres://user:password@host/database`. Empty: `sftpgo-plugin.db` in DATA_DIR.',
  },
  {
    name: 'LISTEN_HOST',
    clone: '0.0.0.0',
    container: '0.0.0.0',
    description: 'Address to listen on. `::` listens on IPv4 and IPv6.',
  },
  { name: 'SFTP_PORT', clone: '2022', container: '2022', description: 'Port for SFTP. 0 takes a free port.' },
  {
    name: 'SFTP_STRICT_ALGORITHMS',
    clone: 'false',
    container: 'false',
    description:
      '`true` leaves out SSH algorithms that are mistrusted and kept for clients that know no better: curl of Debian 12, for one, is shut out.',
  },
  {
    name: 'SFTP_LEGACY_ALGORITHMS',
    clone: 'false',
    container: 'false',
    description: '`true` also offers SHA-1 and CBC algorithms, for old devices that know no others.',
  },
  {
    name: 'SFTP_BANNER',
    clone: '',
    container: '',
    description: 'Text that SSH clients are shown before the login.',
  },
  {
    name: 'FTP_PORT',
    clone: '2021,2121',
    container: '2021,2121',
    description: 'Ports for FTP and explicit FTPS: a list with commas, ranges as `2121-2123`.',
  },
  {
    name: 'FTP_PASSIVE_PORTS',
    clone: '2122',
    container: '2122',
    description: 'Ports for passive data connections, in the same form. Each needs a proxy of its own.',
  },
  {
    name: 'FTP_PASSIVE_HOST',
    clone: '',
    container: '{{THINGER_HOST}}',
    description:
      'Public host name or IPv4 address told to clients in PASV. Empty: THINGER_HOST, or else the address the client reached.',
  },
  {
    name: 'FTP_TLS',
    clone: 'allowed',
    container: 'allowed',
    description: '`allowed`, `control` (logins must use TLS) or `required` (data connections as well).',
  },
  {
    name: 'FTP_IMPLICIT_TLS_PORT',
    clone: '',
    container: '',
    description: 'Port for implicit FTPS. Empty: off.',
  },
  {
    name: 'FTP_TLS_SESSION_REUSE',
    clone: 'allowed',
    container: 'allowed',
    description:
      '`required` takes only TLS data connections that resume the session of the control connection.',
  },
  {
    name: 'HTTP_PORT',
    clone: '8080',
    container: '8080',
    description: 'Port for the web pages, the REST API and the health check.',
  },
  {
    name: 'WEB_BASE_PATH',
    clone: '/',
    container: '/users/{{THINGER_USER}}/plugins/{{THINGER_PLUGIN}}/',
    description: 'Path under which the platform shows the plugin. It is served at `/` as well.',
  },
  { name: 'METRICS_PORT', clone: '9090', container: '9090', description: 'Port for Prometheus metrics.' },
  {
    name: 'ADMIN_USERNAME',
    clone: '',
    container: '',
    description: 'Name of a local admin. Needs ADMIN_PASSWORD.',
  },
  {
    name: 'ADMIN_PASSWORD',
    clone: '',
    container: '',
    secret: true,
    description: 'Password of the local admin, at least 8 characters.',
  },
  {
    name: 'UPLOAD_MODE',
    clone: 'resumable',
    container: 'resumable',
    description:
      'What a broken upload of a new file leaves: `resumable` keeps what arrived, so that clients can go on; `atomic` leaves nothing.',
  },
  {
    name: 'MIN_FREE_SPACE',
    clone: '64',
    container: '64',
    description: 'Uploads stop when less than this many MiB are left on the disk. 0: no limit.',
  },
  {
    name: 'MAX_CONNECTIONS',
    clone: '1000',
    container: '1000',
    description: 'Client connections at one time, over all protocols. 0: no limit.',
  },
  {
    name: 'LOGIN_GRACE',
    clone: '120',
    container: '120',
    description: 'Seconds a client has to log in.',
  },
  {
    name: 'IDLE_TIMEOUT',
    clone: '900',
    container: '900',
    description: 'Seconds without a request or a transfer after which a client is disconnected. 0: never.',
  },
  {
    name: 'MAX_AUTH_TRIES',
    clone: '6',
    container: '6',
    description: 'Failed logins in one connection before it is closed.',
  },
  {
    name: 'PROXY_ADDRESSES',
    clone: 'private',
    container: 'private',
    description:
      'Addresses and networks that many clients share, as `172.18.0.1,10.0.0.0/8`: no failure is counted by them. `private`: all private ones, where the platform’s proxy is; `all`; `none`.',
  },
  {
    name: 'PROXY_PROTOCOL_FROM',
    clone: 'none',
    container: 'none',
    description:
      'Addresses and networks of proxies, in the same form, that send a PROXY header (version 1 or 2) before SFTP and FTP control connections. From them nothing else is served.',
  },
  {
    name: 'MAX_ADDRESS_FAILURES',
    clone: '60',
    container: '60',
    description:
      'Failed logins of any other address within half an hour, after which its passwords are refused for a quarter. 0: never.',
  },
  {
    name: 'WORKERS',
    clone: '1',
    container: '1',
    description: 'Processes that serve SFTP and FTP, 1 to 64. 1: one process does everything.',
  },
  { name: 'LOG_LEVEL', clone: 'info', container: 'info', description: '`debug`, `info`, `warn` or `error`.' },
] as const satisfies readonly Setting[]

export type SettingName = (typeof settings)[number]['name']

const defaults: ReadonlyMap<string, string> = new Map(settings.map(({ name, clone }) => [name, clone]))

/** What a variable stands for when it is not set. */
export function defaultOf(name: SettingName): string {
  return defaults.get(name) ?? ''
}
