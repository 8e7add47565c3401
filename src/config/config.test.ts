import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { suite, test } from 'node:test'
import { type Config, ConfigError, readConfig } from './config.ts'
import { describeConfig } from './describe-config.ts'
import { type Setting, settings } from './settings.ts'

const onPlatform = {
  THINGER_HOST: 'iot.example.test',
  THINGER_USER: 'alice',
  THINGER_PLUGIN: 'sftpgo',
  THINGER_TOKEN_SFTPGO_PLUGIN: 'token-of-the-plugin',
}

function problemsOf(env: Record<string, string>): string[] {
  try {
    readConfig(env)
  } catch (error) {
    assert(error instanceof ConfigError, String(error))
    return error.message.split('\n')
  }
  return []
}

function printable(value: string): string {
  return value.length > 40 ? `${value.length} characters` : JSON.stringify(value).slice(1, -1)
}

suite('configuration', () => {
  test('an empty environment runs standalone with the defaults of a clone', () => {
    const config = readConfig({})
    assert.deepEqual({ ...config }, {
      platform: undefined,
      storagesDir: resolve('data/storages'),
      dataDir: resolve('data/state'),
      certificatesDir: resolve('data/certificates'),
      usersBaseDir: resolve('data/storages/sftpgo_data/data'),
      backupsDir: resolve('data/storages/sftpgo_data/backups'),
      database: {
        kind: 'sqlite',
        url: `sqlite:${resolve('data/state/sftpgo-plugin.db')}`,
        file: resolve('data/state/sftpgo-plugin.db'),
      },
      listenHost: '0.0.0.0',
      sftp: { port: 2022, algorithms: 'compatible', banner: undefined },
      ftp: {
        ports: [2021, 2121],
        passivePorts: [2122],
        passiveHost: undefined,
        tls: 'allowed',
        implicitTlsPort: undefined,
        tlsSessionReuse: 'allowed',
      },
      http: { port: 8080, basePath: '/' },
      metrics: { port: 9090 },
      admin: undefined,
      uploadMode: 'resumable',
      minFreeSpaceBytes: 64 * 1024 * 1024,
      limits: {
        ...{ maxConnections: 1000, loginGraceMs: 120_000, idleTimeoutMs: 900_000, maxAuthTries: 6 },
        proxyAddresses: [
          ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'],
          ...['::1', 'fc00::/7', 'fe80::/10'],
        ],
        proxyProtocolFrom: [],
        maxAddressFailures: 60,
      },
      workers: 1,
      logLevel: 'info',
      warnings: [],
    } satisfies Config)
  })

  test('an empty value counts as not set, for every setting', () => {
    const empty = Object.fromEntries(settings.map(({ name }) => [name, ' ']))
    assert.deepEqual(readConfig(empty), readConfig({}))
  })

  test('the clone defaults of the table, given outright, mean the same as none', () => {
    const given = Object.fromEntries(settings.map(({ name, clone }) => [name, clone]))
    assert.deepEqual(readConfig(given), readConfig({}))
  })

  test('on the platform the account decides API, base path and passive host', () => {
    const { platform, http, ftp } = readConfig(onPlatform)
    assert.deepEqual(platform, {
      host: 'iot.example.test',
      user: 'alice',
      plugin: 'sftpgo',
      token: 'token-of-the-plugin',
      apiUrl: 'https://iot.example.test',
    })
    assert.equal(http.basePath, '/users/alice/plugins/sftpgo/')
    assert.equal(ftp.passiveHost, 'iot.example.test')
  })

  test('half of an account is refused and each missing variable named', () => {
    const problems = problemsOf({ THINGER_USER: 'alice' })
    assert.equal(problems.length, 2)
    assert.match(problems[0] ?? '', /^THINGER_HOST: is missing/)
    assert.match(problems[1] ?? '', /^THINGER_PLUGIN: is missing/)
    assert.equal(problemsOf({ THINGER_API_URL: 'https://iot.example.test' }).length, 3)
  })

  test('an account without a token works and warns', () => {
    const config = readConfig({ ...onPlatform, THINGER_TOKEN_SFTPGO_PLUGIN: '' })
    assert.equal(config.platform?.token, undefined)
    assert.match(config.warnings.join(), /THINGER_TOKEN_SFTPGO_PLUGIN is not set/)
  })

  test('an API without TLS on another machine warns, on this machine it does not', () => {
    const warningsWith = (url: string) => readConfig({ ...onPlatform, THINGER_API_URL: url }).warnings
    assert.match(warningsWith('http://iot.example.test').join(), /not https/)
    assert.deepEqual(warningsWith('http://127.0.0.1:8000'), [])
  })

  test('directories follow STORAGES_DIR and DATA_DIR unless they are given', () => {
    const config = readConfig({ STORAGES_DIR: '/s', DATA_DIR: '/d', BACKUPS_DIR: '/elsewhere' })
    assert.equal(config.usersBaseDir, '/s/sftpgo_data/data')
    assert.equal(config.backupsDir, '/elsewhere')
    assert.equal(config.database.url, 'sqlite:/d/sftpgo-plugin.db')
  })

  test('the database is a file or a PostgreSQL server', () => {
    const databaseOf = (url: string) => readConfig({ DATABASE_URL: url }).database
    assert.deepEqual(databaseOf('sqlite:///x/y.db'), {
      kind: 'sqlite',
      url: 'sqlite:/x/y.db',
      file: '/x/y.db',
    })
    assert.equal(databaseOf('sqlite:y.db').url, `sqlite:${resolve('y.db')}`)
    assert.deepEqual(databaseOf('postgres://u:p@h/d'), { kind: 'postgres', url: 'postgres://u:p@h/d' })
    assert.equal(databaseOf('postgresql:///d?host=/run').kind, 'postgres')
  })

  test('port lists take commas and ranges', () => {
    const { ftp } = readConfig({ FTP_PORT: ' 2021 , 2121', FTP_PASSIVE_PORTS: '2122-2125,3000' })
    assert.deepEqual(ftp.ports, [2021, 2121])
    assert.deepEqual(ftp.passivePorts, [2122, 2123, 2124, 2125, 3000])
  })

  test('port 0 may repeat, any other port may not', () => {
    const zero = {
      SFTP_PORT: '0',
      FTP_PORT: '0,0',
      FTP_PASSIVE_PORTS: '0',
      HTTP_PORT: '0',
      METRICS_PORT: '0',
    }
    assert.deepEqual(readConfig(zero).ftp.ports, [0, 0])
    assert.match(problemsOf({ FTP_PORT: '2021,2020-2022' }).join(), /^FTP_PORT: port 2021 is listed twice/)
    assert.deepEqual(problemsOf({ FTP_PASSIVE_PORTS: '2121-2122' }), [
      'FTP_PASSIVE_PORTS: port 2121 is already that of FTP_PORT; give another',
    ])
    assert.equal(problemsOf({ FTP_IMPLICIT_TLS_PORT: '2022', METRICS_PORT: '8080' }).length, 2)
  })

  const wrong: [string, string][] = [
    ['THINGER_API_URL', 'ftp://iot.example.test'],
    ['THINGER_API_URL', 'https://u:p@iot.example.test'],
    ['THINGER_HOST', 'not a host'],
    ['THINGER_USER', 'a/b'],
    ['THINGER_PLUGIN', '../x'],
    ['DATABASE_URL', 'mysql://x'],
    ['DATABASE_URL', 'sftpgo.db'],
    ['DATABASE_URL', 'sqlite://sftpgo.db'],
    ['LISTEN_HOST', 'everywhere'],
    ['SFTP_PORT', '65536'],
    ['SFTP_PORT', '-1'],
    ['SFTP_PORT', '22x'],
    ['SFTP_STRICT_ALGORITHMS', 'yes'],
    ['SFTP_LEGACY_ALGORITHMS', 'yes'],
    ['FTP_PORT', '2021,,2121'],
    ['FTP_PORT', '2025-2021'],
    ['FTP_PASSIVE_PORTS', '0-10'],
    ['FTP_PASSIVE_PORTS', '30000-40000'],
    ['FTP_PASSIVE_HOST', '2001:db8::1'],
    ['FTP_TLS', 'always'],
    ['FTP_IMPLICIT_TLS_PORT', 'on'],
    ['FTP_TLS_SESSION_REUSE', 'never'],
    ['HTTP_PORT', 'http'],
    ['WEB_BASE_PATH', 'users'],
    ['WEB_BASE_PATH', '/a/../b/'],
    ['WEB_BASE_PATH', '/a b/'],
    ['METRICS_PORT', '1e3'],
    ['UPLOAD_MODE', 'Atomic'],
    ['MIN_FREE_SPACE', '64M'],
    ['MAX_CONNECTIONS', '1.5'],
    ['LOGIN_GRACE', '0'],
    ['IDLE_TIMEOUT', 'never'],
    ['MAX_AUTH_TRIES', '0'],
    ['WORKERS', '0'],
    ['WORKERS', '65'],
    ['WORKERS', 'many'],
    ['LOG_LEVEL', 'verbose'],
    ['ADMIN_USERNAME', 'root'],
    ['ADMIN_PASSWORD', 'long enough'],
    ['SFTP_BANNER', 'red \u001b[31m'],
    ['SFTP_BANNER', 'x'.repeat(4097)],
  ]
  for (const [name, value] of wrong) {
    test(`refuses ${name}=${printable(value)} in one line that names what is wrong`, () => {
      const problems = problemsOf({ ...onPlatform, [name]: value })
      assert.equal(problems.length, 1, problems.join('\n'))
      assert.match(problems[0] ?? '', /^(ADMIN_(USERNAME|PASSWORD)): is missing|^[A-Z_]+: .{10,}/)
      if (!name.startsWith('ADMIN_')) assert(problems[0]?.startsWith(`${name}: `), problems[0])
    })
  }

  test('strict and legacy algorithms cannot be asked for together', () => {
    const [strict, legacy] = ['SFTP_STRICT_ALGORITHMS', 'SFTP_LEGACY_ALGORITHMS']
    assert.match(
      problemsOf({ [strict]: 'true', [legacy]: 'true' }).join(),
      /^SFTP_STRICT_ALGORITHMS: .*LEGACY/,
    )
    for (const name of [strict, legacy]) assert.deepEqual(problemsOf({ [name]: 'true' }), [])
  })

  test('tells every wrong variable at once, one line each', () => {
    const problems = problemsOf({ SFTP_PORT: 'x', LOG_LEVEL: 'x', WORKERS: 'x' })
    assert.deepEqual(problems.map((line) => line.split(':')[0]).sort(), ['LOG_LEVEL', 'SFTP_PORT', 'WORKERS'])
  })

  test('a weak local password is refused and not repeated in the message', () => {
    const short = problemsOf({ ADMIN_USERNAME: 'root', ADMIN_PASSWORD: 'hunter2' })
    assert.match(short.join(), /^ADMIN_PASSWORD: is too short/)
    assert.doesNotMatch(short.join(), /hunter2/)
    assert.match(
      problemsOf({ ADMIN_USERNAME: 'administrator', ADMIN_PASSWORD: 'administrator' }).join(),
      /is the user name/,
    )
    assert.deepEqual(problemsOf({ ADMIN_USERNAME: 'root', ADMIN_PASSWORD: 'hunter22' }), [])
  })

  test('the local admin of the environment obeys the rules for all admins', () => {
    const password = 'correct horse'
    for (const username of ['setup', '__system__', 'a/b', 'a..b', 'a\u202eb', 'x'.repeat(256)]) {
      const problems = problemsOf({ ADMIN_USERNAME: username, ADMIN_PASSWORD: password })
      assert.equal(problems.length, 1, problems.join('\n'))
      assert.match(problems[0] ?? '', /^ADMIN_USERNAME: [a-z].*; give another name$/)
    }
    for (const long of ['x'.repeat(1025), 'ñ'.repeat(513)])
      assert.deepEqual(problemsOf({ ADMIN_USERNAME: 'root', ADMIN_PASSWORD: long }), [
        'ADMIN_PASSWORD: is too long; give at most 1024 bytes',
      ])
    assert.deepEqual(problemsOf({ ADMIN_USERNAME: 'root', ADMIN_PASSWORD: 'x'.repeat(1024) }), [])
  })

  test('a banner of several lines is taken', () => {
    assert.equal(readConfig({ SFTP_BANNER: 'one\n\ttwo' }).sftp.banner, 'one\n\ttwo')
  })

  test('settings of the replaced product are named in a warning', () => {
    const { warnings } = readConfig({ SFTPGO_FTPD__BINDINGS__0__PORT: '2121' })
    assert.match(warnings.join(), /SFTPGO_FTPD__BINDINGS__0__PORT/)
  })

  test('nothing in it can be changed', () => {
    const config = readConfig({ ...onPlatform })
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(frozen))
    assert(frozen(config))
  })

  test('its description holds no secret', () => {
    const config = readConfig({
      ...onPlatform,
      ADMIN_USERNAME: 'root',
      ADMIN_PASSWORD: 'correct horse',
      DATABASE_URL: 'postgres://app:battery%20staple@db:5432/files?sslpassword=paperclip',
    })
    const text = JSON.stringify(describeConfig(config))
    assert.doesNotMatch(text, /correct horse|battery|paperclip|token-of-the-plugin/)
    assert.match(text, /postgres:\/\/app:\[secret\]@db:5432\/files/)
    assert.match(text, /"username":"root"/)
  })

  test('every secret variable is kept out of the description', () => {
    const secrets: readonly Setting[] = settings.filter((setting) => 'secret' in setting)
    assert.deepEqual(
      secrets.map(({ name }) => name),
      ['THINGER_TOKEN_SFTPGO_PLUGIN', 'DATABASE_URL', 'ADMIN_PASSWORD'],
    )
  })
})
