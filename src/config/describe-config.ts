import type { Config } from './config.ts'

const hidden = '[secret]'

/** The configuration as it may be logged: the same values without passwords and tokens. */
export function describeConfig(config: Config): Record<string, unknown> {
  return {
    ...config,
    platform: config.platform && { ...config.platform, token: config.platform.token && hidden },
    database:
      config.database.kind === 'sqlite'
        ? config.database
        : { kind: 'postgres', url: withoutPassword(config.database.url) },
    admin: config.admin && { ...config.admin, password: hidden },
  }
}

/** Keeps host and database; drops password and parameters, which can hold secrets as well. */
function withoutPassword(databaseUrl: string): string {
  const url = new URL(databaseUrl)
  if (url.password !== '') url.password = hidden
  url.search = ''
  url.hash = ''
  return url.href.replace(encodeURIComponent(hidden), hidden)
}
