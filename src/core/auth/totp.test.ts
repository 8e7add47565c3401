import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decodeBase32,
  encodeBase32,
  hotp,
  makeTotpSecret,
  matchingStep,
  otpauthUri,
  splitCode,
  totpAt,
} from './totp.ts'

const key = Buffer.from('12345678901234567890')
const secret = encodeBase32(key)

test('HOTP gives the values of RFC 4226 appendix D', () => {
  const wanted = '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'
  assert.equal(Array.from({ length: 10 }, (_, counter) => hotp(key, counter)).join(' '), wanted)
})

test('TOTP gives the SHA-1 values of RFC 6238 appendix B', () => {
  const wanted = {
    59: '94287082',
    1111111109: '07081804',
    1111111111: '14050471',
    1234567890: '89005924',
    2000000000: '69279037',
    20000000000: '65353130',
  }
  for (const [seconds, code] of Object.entries(wanted)) {
    const step = Math.floor(Number(seconds) / 30)
    assert.equal(hotp(key, step, 8), code)
    assert.equal(totpAt(secret, Number(seconds) * 1000), code.slice(2))
  }
})

test('base32 gives the values of RFC 4648 §10 and reads them back', () => {
  const wanted = {
    '': '',
    f: 'MY',
    fo: 'MZXQ',
    foo: 'MZXW6',
    foob: 'MZXW6YQ',
    fooba: 'MZXW6YTB',
    foobar: 'MZXW6YTBOI',
  }
  for (const [plain, encoded] of Object.entries(wanted)) {
    assert.equal(encodeBase32(Buffer.from(plain)), encoded)
    assert.equal(decodeBase32(encoded).toString(), plain)
  }
  assert.equal(decodeBase32('mzxw 6ytb oi======').toString(), 'foobar')
  assert.throws(() => decodeBase32('MZ1W'), RangeError)
})

test('a secret has 160 random bits', () => {
  const secrets = Array.from({ length: 100 }, makeTotpSecret)
  assert.equal(new Set(secrets).size, 100)
  for (const each of secrets) assert.equal(decodeBase32(each).length, 20)
})

test('a code is right one step early or late and no further, and never twice', () => {
  const now = 1_700_000_010_000
  const step = Math.floor(now / 30_000)
  const match = (code: string, lastStep = 0) => matchingStep(secret, code, { now, lastStep })
  const near = [-2, -1, 0, 1, 2].map((distance) => match(hotp(key, step + distance)))
  assert.deepEqual(near, [undefined, step - 1, step, step + 1, undefined])
  const code = hotp(key, step)
  assert.equal(match(code, step - 1), step)
  assert.equal(match(code, step), undefined)
  assert.equal(match(hotp(key, step - 1), step), undefined)
  for (const wrong of ['', '12345', `${code}0`, '      ']) assert.equal(match(wrong), undefined)
})

test('a code that follows a password is told from it', () => {
  assert.deepEqual(splitCode('secret123456'), { password: 'secret', code: '123456' })
  assert.deepEqual(splitCode('99123456'), { password: '99', code: '123456' })
  assert.deepEqual(splitCode('secret12345x'), { password: 'secret12345x', code: undefined })
  assert.deepEqual(splitCode('12345'), { password: '12345', code: undefined })
})

test('the address for authenticator apps names issuer and account, and spells out what is expected', () => {
  const uri = new URL(otpauthUri({ secret, issuer: 'SFTPGo', account: 'ann: ü' }))
  assert.equal(uri.host, 'totp')
  assert.equal(uri.pathname, '/SFTPGo:ann%3A%20%C3%BC')
  assert.deepEqual(Object.fromEntries(uri.searchParams), {
    secret,
    issuer: 'SFTPGo',
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  })
})
