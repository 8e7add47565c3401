import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { checkName } from '../core/accounts/account-rules.ts'
import { maxPasswordBytes } from '../core/auth/password-hash.ts'
import { toFileServerError } from '../core/errors.ts'
import { withSetting } from '../core/settings/setting-rules.ts'
import { hostPattern, type PlatformConfig, readPlatform } from './platform-config.ts'
import { quote, type SettingProblem, SettingReader } from './setting-reader.ts'
import type { SettingName } from './settings.ts'

export type DatabaseConfig =
  | { readonly kind: 'sqlite'; readonly url: string; readonly file: string }
  /** The URL may hold a password. */
  | { readonly kind: 'postgres'; readonly url: string }

export interface SftpConfig {
  readonly port: number
  readonly algorithms: 'strict' | 'compatible' | 'legacy'
  readonly banner: string | undefined
}

export interface FtpConfig {
  readonly ports: readonly number[]
  readonly passivePorts: readonly number[]
  /** Host name or IPv4 address for PASV; undefined: the address the client reached. */
  readonly passiveHost: string | undefined
  readonly tls: 'allowed' | 'control' | 'required'
  readonly implicitTlsPort: number | undefined
  readonly tlsSessionReuse: 'allowed' | 'required'
}

export interface LimitsConfig {
  /** 0: no limit. */
  readonly maxConnections: number
  readonly loginGraceMs: number
  /** 0: never. */
  readonly idleTimeoutMs: number
  readonly maxAuthTries: number
  /** Addresses and networks that many clients share. */
  readonly proxyAddresses: readonly string[]
  /** Who sends a PROXY header. */
  readonly proxyProtocolFrom: readonly string[]
  /** Within half an hour; 0: any number. */
  readonly maxAddressFailures: number
}

/** Everything the environment decides: checked, deeply frozen. Directories are absolute. */
export interface Config {
  /** Undefined: standalone, without a Thinger.io account. */
  readonly platform: PlatformConfig | undefined
  readonly storagesDir: string
  readonly dataDir: string
  readonly certificatesDir: string
  readonly usersBaseDir: string
  readonly backupsDir: string
  readonly database: DatabaseConfig
  readonly listenHost: string
  readonly sftp: SftpConfig
  readonly ftp: FtpConfig
  /** `basePath` starts and ends with a slash. */
  readonly http: { readonly port: number; readonly basePath: string }
  readonly metrics: { readonly port: number }
  /** The local admin; the password is secret. */
  readonly admin: { readonly username: string; readonly password: string } | undefined
  readonly uploadMode: 'resumable' | 'atomic'
  readonly minFreeSpaceBytes: number
  readonly limits: LimitsConfig
  /** Processes that serve SFTP and FTP; 1: the one that does everything. */
  readonly workers: number
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  /** For the log: settings that are right but may surprise. */
  readonly warnings: readonly string[]
}

/** The environment cannot be used. The message has one line for each wrong variable, with the fix. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly SettingProblem[]

  constructor(problems: readonly SettingProblem[]) {
    super(problems.map(({ setting, problem }) => `${setting}: ${problem}`).join('\n'))
    this.problems = problems
  }
}

/** @throws ConfigError naming every variable that is wrong */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const read = new SettingReader(env)
  const warnings: string[] = []
  const platform = readPlatform(read, warnings)
  const storagesDir = read.directory('STORAGES_DIR')
  const dataDir = read.directory('DATA_DIR')
  const config: Config = {
    platform,
    storagesDir,
    dataDir,
    certificatesDir: read.directory('CERTIFICATES_DIR'),
    usersBaseDir: read.directory('USERS_BASE_DIR', join(storagesDir, 'sftpgo_data', 'data')),
    backupsDir: read.directory('BACKUPS_DIR', join(storagesDir, 'sftpgo_data', 'backups')),
    database: readDatabase(read, dataDir),
    listenHost: readListenHost(read),
    sftp: readSftp(read),
    ftp: readFtp(read, platform),
    http: { port: read.port('HTTP_PORT'), basePath: readBasePath(read, platform) },
    metrics: { port: read.port('METRICS_PORT') },
    admin: readAdmin(read),
    uploadMode: read.oneOf('UPLOAD_MODE', ['resumable', 'atomic']),
    minFreeSpaceBytes:
      read.integer('MIN_FREE_SPACE', { min: 0, max: 1_000_000_000, unit: 'MiB' }) * 1024 * 1024,
    limits: readLimits(read),
    workers: read.integer('WORKERS', { min: 1, max: 64, unit: 'processes' }),
    logLevel: read.oneOf('LOG_LEVEL', ['debug', 'info', 'warn', 'error']),
    warnings,
  }
  refuseSharedPorts(read, config)
  warnAboutReplacedSettings(env, warnings)
  if (read.problems.length > 0) throw new ConfigError(read.problems)
  return deepFreeze(config)
}

function readDatabase(read: SettingReader, dataDir: string): DatabaseConfig {
  const text = read.text('DATABASE_URL', `sqlite:${join(dataDir, 'sftpgo-plugin.db')}`)
  const file = /^sqlite:(?:\/\/(?=\/))?(?!\/\/)(.+)$/.exec(text)?.[1]
  if (file !== undefined) return { kind: 'sqlite', url: `sqlite:${resolve(file)}`, file: resolve(file) }
  const url = URL.parse(text)
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    read.refuse('DATABASE_URL', 'is no database; give sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE')
  }
  return { kind: 'postgres', url: text }
}

function readListenHost(read: SettingReader): string {
  const host = read.text('LISTEN_HOST')
  if (isIP(host) === 0 && host !== 'localhost') {
    read.refuse('LISTEN_HOST', `${quote(host)} is not an address; give one like 0.0.0.0, :: or 127.0.0.1`)
  }
  return host
}

function readAlgorithms(read: SettingReader): SftpConfig['algorithms'] {
  const isLegacy = read.flag('SFTP_LEGACY_ALGORITHMS')
  const isStrict = read.flag('SFTP_STRICT_ALGORITHMS')
  if (isLegacy && isStrict)
    read.refuse('SFTP_STRICT_ALGORITHMS', 'it cannot be true together with SFTP_LEGACY_ALGORITHMS')
  if (isLegacy) return 'legacy'
  return isStrict ? 'strict' : 'compatible'
}

/** As when an admin changes it. */
function readBanner(read: SettingReader): string | undefined {
  const banner = read.given('SFTP_BANNER') || undefined
  if (banner !== undefined && !withSetting({}, 'sftp_banner', banner))
    read.refuse(
      'SFTP_BANNER',
      'is too long or holds control characters; give at most 4096 printable characters',
    )
  return banner
}

function readSftp(read: SettingReader): SftpConfig {
  return {
    port: read.port('SFTP_PORT'),
    algorithms: readAlgorithms(read),
    banner: readBanner(read),
  }
}

function readFtp(read: SettingReader, platform: PlatformConfig | undefined): FtpConfig {
  const passiveHost = read.text('FTP_PASSIVE_HOST') || platform?.host || undefined
  if (passiveHost !== undefined && (isIP(passiveHost) === 6 || !hostPattern.test(passiveHost))) {
    read.refuse(
      'FTP_PASSIVE_HOST',
      `${quote(passiveHost)} cannot be told in PASV; give a host name or IPv4 address`,
    )
  }
  return {
    ports: read.ports('FTP_PORT'),
    passivePorts: read.ports('FTP_PASSIVE_PORTS'),
    passiveHost,
    tls: read.oneOf('FTP_TLS', ['allowed', 'control', 'required']),
    implicitTlsPort: read.optionalPort('FTP_IMPLICIT_TLS_PORT'),
    tlsSessionReuse: read.oneOf('FTP_TLS_SESSION_REUSE', ['allowed', 'required']),
  }
}

/** The path ends up in cookies and links: plain segments only. */
function readBasePath(read: SettingReader, platform: PlatformConfig | undefined): string {
  const path = read.text(
    'WEB_BASE_PATH',
    platform ? `/users/${platform.user}/plugins/${platform.plugin}/` : '/',
  )
  const segments = path.split('/').filter((segment) => segment !== '')
  const plain = segments.every((segment) => /^[A-Za-z0-9_:@.-]+$/.test(segment) && !/^\.+$/.test(segment))
  if (!path.startsWith('/') || !plain) {
    read.refuse('WEB_BASE_PATH', `${quote(path)} is not a path; give one like /users/USER/plugins/PLUGIN/`)
  }
  return segments.length === 0 ? '/' : `/${segments.join('/')}/`
}

function readAdmin(read: SettingReader): Config['admin'] {
  const username = read.text('ADMIN_USERNAME')
  const password = read.given('ADMIN_PASSWORD')
  if (username === '' && password === '') return undefined
  if (username === '')
    read.refuse('ADMIN_USERNAME', 'is missing while ADMIN_PASSWORD is set; set both or none')
  else if (password === '')
    read.refuse('ADMIN_PASSWORD', 'is missing while ADMIN_USERNAME is set; set both or none')
  else if (password.length < 8) read.refuse('ADMIN_PASSWORD', 'is too short; give at least 8 characters')
  else if (password === username) read.refuse('ADMIN_PASSWORD', 'is the user name; choose another password')
  else if (Buffer.byteLength(password) > maxPasswordBytes)
    read.refuse('ADMIN_PASSWORD', `is too long; give at most ${maxPasswordBytes} bytes`)
  if (username !== '') refuseName(read, username)
  return { username, password }
}

function refuseName(read: SettingReader, username: string): void {
  try {
    checkName('ADMIN_USERNAME', username)
  } catch (error) {
    const { message } = toFileServerError(error)
    read.refuse('ADMIN_USERNAME', `${message.replace('ADMIN_USERNAME: ', '')}; give another name`)
  }
}

function readLimits(read: SettingReader): LimitsConfig {
  const seconds = (name: SettingName, min: number) =>
    read.integer(name, { min, max: 1_000_000, unit: 'seconds' }) * 1000
  return {
    maxConnections: read.integer('MAX_CONNECTIONS', { min: 0, max: 1_000_000, unit: 'connections' }),
    loginGraceMs: seconds('LOGIN_GRACE', 1),
    idleTimeoutMs: seconds('IDLE_TIMEOUT', 0),
    maxAuthTries: read.integer('MAX_AUTH_TRIES', { min: 1, max: 100, unit: 'tries' }),
    proxyAddresses: read.networks('PROXY_ADDRESSES'),
    proxyProtocolFrom: read.networks('PROXY_PROTOCOL_FROM'),
    maxAddressFailures: read.integer('MAX_ADDRESS_FAILURES', { min: 0, max: 1_000_000, unit: 'failures' }),
  }
}

function refuseSharedPorts(read: SettingReader, { sftp, ftp, http, metrics }: Config): void {
  const uses: [SettingName, number][] = [
    ['SFTP_PORT', sftp.port],
    ...ftp.ports.map((port): [SettingName, number] => ['FTP_PORT', port]),
    ...ftp.passivePorts.map((port): [SettingName, number] => ['FTP_PASSIVE_PORTS', port]),
    ['FTP_IMPLICIT_TLS_PORT', ftp.implicitTlsPort ?? 0],
    ['HTTP_PORT', http.port],
    ['METRICS_PORT', metrics.port],
  ]
  const owners = new Map<number, SettingName>()
  for (const [name, port] of uses) {
    const owner = owners.get(port)
    if (owner !== undefined) read.refuse(name, `port ${port} is already that of ${owner}; give another`)
    else if (port !== 0) owners.set(port, name)
  }
}

/** The platform may carry over what was set for the product that this plugin replaces. */
function warnAboutReplacedSettings(env: NodeJS.ProcessEnv, warnings: string[]): void {
  const names = Object.keys(env).filter((name) => name.startsWith('SFTPGO_'))
  if (names.length > 0) warnings.push(`${names.sort().join(', ')}: not a setting of this product, ignored`)
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze)
  return Object.freeze(value)
}
