import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from './config.ts'
import { describeEnvironment } from './describe-environment.ts'
import { settings } from './settings.ts'

function describe(env: Record<string, string>) {
  const entries = describeEnvironment(readConfig(env), env)
  return new Map(entries.map(({ name, ...entry }) => [name, entry]))
}

test('shows every variable of the product, in the order of the table', () => {
  assert.deepEqual(
    [...describe({}).keys()],
    settings.map(({ name }) => name),
  )
  for (const [name, { isDefault, description }] of describe({})) {
    assert.ok(isDefault, name)
    assert.ok(description.length > 10, name)
  }
})

test('shows what is in force, also where it follows from other variables', () => {
  const entries = describe({ STORAGES_DIR: '/srv/s', MIN_FREE_SPACE: '5', FTP_PORT: ' 3021-3023 ' })
  assert.equal(entries.get('BACKUPS_DIR')?.value, '/srv/s/sftpgo_data/backups')
  assert.equal(entries.get('MIN_FREE_SPACE')?.value, '5')
  assert.equal(entries.get('FTP_PORT')?.value, '3021,3022,3023')
  assert.equal(entries.get('LOGIN_GRACE')?.value, '120')
  assert.deepEqual(
    [...entries].filter(([, { isDefault }]) => !isDefault).map(([name]) => name),
    ['STORAGES_DIR', 'FTP_PORT', 'MIN_FREE_SPACE'],
  )
})

test('takes what the container comes with for a default', () => {
  const platform = {
    THINGER_HOST: 'iot.example.test',
    THINGER_USER: 'alice',
    THINGER_PLUGIN: 'sftpgo',
    THINGER_API_URL: 'https://iot.example.test',
    STORAGES_DIR: '/srv/sftpgo',
    WEB_BASE_PATH: '/users/alice/plugins/sftpgo/',
  }
  const entries = describe(platform)
  for (const name of Object.keys(platform)) assert.equal(entries.get(name)?.isDefault, true, name)
  assert.equal(describe({ ...platform, WEB_BASE_PATH: '/x/' }).get('WEB_BASE_PATH')?.isDefault, false)
})

test('shows of a secret only whether it is set', () => {
  const env = {
    ADMIN_USERNAME: 'root',
    ADMIN_PASSWORD: 'correct horse',
    DATABASE_URL: 'postgres://app:battery@db/files',
  }
  const entries = describe(env)
  assert.equal(entries.get('ADMIN_PASSWORD')?.value, '(set)')
  assert.equal(entries.get('DATABASE_URL')?.value, '(set)')
  assert.equal(entries.get('THINGER_TOKEN_SFTPGO_PLUGIN')?.value, '')
  assert.doesNotMatch(JSON.stringify([...entries]), /horse|battery/)
})
