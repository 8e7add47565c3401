import { quote, type SettingReader } from './setting-reader.ts'
import type { SettingName } from './settings.ts'

/** The Thinger.io account the plugin belongs to. */
export interface PlatformConfig {
  readonly host: string
  readonly user: string
  readonly plugin: string
  /** Undefined: storages come from the disk only. Secret. */
  readonly token: string | undefined
  /** Without a slash at the end. */
  readonly apiUrl: string
}

export const hostPattern =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*$/
const platformNames = ['THINGER_HOST', 'THINGER_USER', 'THINGER_PLUGIN'] as const

/** Undefined where the product runs standalone, and where something is wrong, which `read` then knows. */
export function readPlatform(read: SettingReader, warnings: string[]): PlatformConfig | undefined {
  const token = read.text('THINGER_TOKEN_SFTPGO_PLUGIN') || undefined
  const given = [...platformNames, 'THINGER_TOKEN_SFTPGO_PLUGIN', 'THINGER_API_URL'] as const
  if (given.every((name) => read.text(name) === '')) return undefined
  const before = read.problems.length
  for (const name of platformNames) {
    if (read.text(name) === '') {
      read.refuse(
        name,
        'is missing while other THINGER_ variables are set; set it, or none of them to run standalone',
      )
    }
  }
  const [host, user, plugin] = [
    read.text('THINGER_HOST'),
    read.text('THINGER_USER'),
    read.text('THINGER_PLUGIN'),
  ]
  if (host !== '' && !hostPattern.test(host)) read.refuse('THINGER_HOST', `${quote(host)} is not a host name`)
  checkName(read, 'THINGER_USER', user, /^[A-Za-z0-9_.@-]{1,64}$/)
  checkName(read, 'THINGER_PLUGIN', plugin, /^[A-Za-z0-9_:-]{1,32}$/)
  if (token === undefined) {
    warnings.push('THINGER_TOKEN_SFTPGO_PLUGIN is not set: storages are found on the disk only')
  }
  const apiUrl = readApiUrl(read, host, warnings)
  return read.problems.length > before ? undefined : { host, user, plugin, token, apiUrl }
}

function checkName(read: SettingReader, name: SettingName, value: string, pattern: RegExp): void {
  if (value !== '' && !pattern.test(value)) {
    read.refuse(name, `${quote(value)} is not an identifier; give it as the console shows it`)
  }
}

/** Passwords of admins go to this URL, so plain HTTP to another machine gets a warning. */
function readApiUrl(read: SettingReader, host: string, warnings: string[]): string {
  const text = read.text('THINGER_API_URL')
  if (text === '') return `https://${host}`
  const url = URL.parse(text)
  const usable =
    url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.search + url.hash === ''
  if (!usable) {
    read.refuse(
      'THINGER_API_URL',
      'is not a base URL; give one like https://HOST, without user, query or fragment',
    )
    return ''
  }
  if (url.protocol === 'http:' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname)) {
    warnings.push('THINGER_API_URL is not https: passwords of admins travel in clear text')
  }
  return url.href.replace(/\/+$/, '')
}
