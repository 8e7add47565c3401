import assert from 'node:assert/strict'
import { it } from 'node:test'
import { liveSettings, type LiveSettingsResource } from '../../../../contract/setting.ts'
import { wholeNumber } from '../whole-number.ts'
import {
  changesOf,
  draftOf,
  maxBannerLength,
  numberLimits,
  numberNames,
  wrongNumbers,
} from './setting-draft.ts'

const current: LiveSettingsResource = {
  sftp_banner: 'Hello',
  ftp_tls: 'allowed',
  max_connections: 1000,
  login_grace: 120,
  idle_timeout: 900,
  max_auth_tries: 6,
  audit_retention_days: 90,
  backup_interval_hours: 24,
  backup_keep: 7,
}
const draft = draftOf(current)

/** What schemas hold without telling it in their types. */
interface Limits {
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
}

it('has the limits of the API', () => {
  for (const name of numberNames) {
    const { minimum, maximum } = liveSettings.properties[name] as Limits
    assert.deepEqual(numberLimits[name], [minimum, maximum], name)
  }
  const banner = liveSettings.properties.sftp_banner as Limits
  assert.equal(maxBannerLength, banner.maxLength)
})

it('sends what was changed and nothing else', () => {
  assert.deepEqual(changesOf(draft, current), {})
  assert.deepEqual(
    changesOf({ ...draft, idle_timeout: ' 60 ', ftp_tls: 'required', sftp_banner: '' }, current),
    {
      idle_timeout: 60,
      ftp_tls: 'required',
      sftp_banner: '',
    },
  )
})

it('finds numbers that cannot be', () => {
  assert.deepEqual(wrongNumbers(draft), [])
  assert.deepEqual(wrongNumbers({ ...draft, login_grace: '0', max_auth_tries: '101', idle_timeout: '' }), [
    'login_grace',
    'idle_timeout',
    'max_auth_tries',
  ])
})

it('takes whole numbers alone', () => {
  assert.equal(wholeNumber(' 7 ', 0, 9), 7)
  for (const text of ['', '-1', '1.5', '1e3', 'x', '10'])
    assert.equal(wholeNumber(text, 0, 9), undefined, text)
})
