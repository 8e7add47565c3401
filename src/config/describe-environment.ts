import type { Config } from './config.ts'
import { settings, type Setting, type SettingName } from './settings.ts'

export interface EnvironmentValue {
  readonly name: string
  /** In force, as it would be written; '(set)' or '' for a secret. */
  readonly value: string
  /** False when somebody gave another value than the product or its container comes with. */
  readonly isDefault: boolean
  readonly description: string
}

type SecretName = Extract<(typeof settings)[number], { readonly secret: true }>['name']

/** What is in force, as text. */
const valueOf: Readonly<Record<Exclude<SettingName, SecretName>, (config: Config) => string>> = {
  THINGER_HOST: ({ platform }) => platform?.host ?? '',
  THINGER_USER: ({ platform }) => platform?.user ?? '',
  THINGER_PLUGIN: ({ platform }) => platform?.plugin ?? '',
  THINGER_API_URL: ({ platform }) => platform?.apiUrl ?? '',
  STORAGES_DIR: (config) => config.storagesDir,
  DATA_DIR: (config) => config.dataDir,
  CERTIFICATES_DIR: (config) => config.certificatesDir,
  USERS_BASE_DIR: (config) => config.usersBaseDir,
  BACKUPS_DIR: (config) => config.backupsDir,
  LISTEN_HOST: (config) => config.listenHost,
  SFTP_PORT: ({ sftp }) => String(sftp.port),
  SFTP_STRICT_ALGORITHMS: ({ sftp }) => String(sftp.algorithms === 'strict'),
  SFTP_LEGACY_ALGORITHMS: ({ sftp }) => String(sftp.algorithms === 'legacy'),
  SFTP_BANNER: ({ sftp }) => sftp.banner ?? '',
  FTP_PORT: ({ ftp }) => ftp.ports.join(','),
  FTP_PASSIVE_PORTS: ({ ftp }) => ftp.passivePorts.join(','),
  FTP_PASSIVE_HOST: ({ ftp }) => ftp.passiveHost ?? '',
  FTP_TLS: ({ ftp }) => ftp.tls,
  FTP_IMPLICIT_TLS_PORT: ({ ftp }) => String(ftp.implicitTlsPort ?? ''),
  FTP_TLS_SESSION_REUSE: ({ ftp }) => ftp.tlsSessionReuse,
  HTTP_PORT: ({ http }) => String(http.port),
  WEB_BASE_PATH: ({ http }) => http.basePath,
  METRICS_PORT: ({ metrics }) => String(metrics.port),
  ADMIN_USERNAME: ({ admin }) => admin?.username ?? '',
  UPLOAD_MODE: (config) => config.uploadMode,
  MIN_FREE_SPACE: (config) => String(config.minFreeSpaceBytes / 1024 / 1024),
  MAX_CONNECTIONS: ({ limits }) => String(limits.maxConnections),
  LOGIN_GRACE: ({ limits }) => String(limits.loginGraceMs / 1000),
  IDLE_TIMEOUT: ({ limits }) => String(limits.idleTimeoutMs / 1000),
  MAX_AUTH_TRIES: ({ limits }) => String(limits.maxAuthTries),
  PROXY_ADDRESSES: ({ limits }) => limits.proxyAddresses.join(','),
  PROXY_PROTOCOL_FROM: ({ limits }) => limits.proxyProtocolFrom.join(','),
  MAX_ADDRESS_FAILURES: ({ limits }) => String(limits.maxAddressFailures),
  WORKERS: ({ workers }) => String(workers),
  LOG_LEVEL: (config) => config.logLevel,
}

/** Every variable of the product as it is in force, in the order of the table, for people who look for a setting. */
export function describeEnvironment(config: Config, env: NodeJS.ProcessEnv): readonly EnvironmentValue[] {
  return settings.map((setting) => {
    const given = env[setting.name]?.trim() ?? ''
    const hidden = given === '' ? '' : '(set)'
    return {
      name: setting.name,
      value: 'secret' in setting ? hidden : valueOf[setting.name](config),
      isDefault: isDefault(setting, given, env),
      description: setting.description,
    }
  })
}

function isDefault({ clone, container }: Setting, given: string, env: NodeJS.ProcessEnv): boolean {
  const filled = container.replace(/\{\{(\w+)\}\}/g, (_match, name: string) => env[name] ?? '')
  return given === '' || given === clone || given === filled
}
