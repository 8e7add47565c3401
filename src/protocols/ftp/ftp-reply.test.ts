import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorCodes, FileServerError } from '../../core/errors.ts'
import { FtpRefusal, formatReply, quotedPath, replyCode, replyTo } from './ftp-reply.ts'

test('every error has a reply of refusal for every kind of command', () => {
  for (const code of errorCodes)
    for (const replies of ['file', 'listing', 'store', 'access'] as const)
      assert.match(String(replyCode(code, replies)), /^[45]\d\d$/)
})

test('the reply tells the cause by its class', () => {
  assert.equal(replyCode('not-found', 'file'), 550)
  assert.equal(replyCode('not-found', 'listing'), 550)
  assert.equal(replyCode('invalid-path', 'listing'), 501)
  assert.equal(replyCode('permission-denied', 'store'), 553)
  assert.equal(replyCode('permission-denied', 'file'), 550)
  assert.equal(replyCode('quota-exceeded', 'store'), 552)
  assert.equal(replyCode('no-space', 'store'), 452)
  assert.equal(replyCode('access-denied', 'access'), 530)
  assert.equal(replyCode('invalid-argument', 'file'), 501)
})

test('what nobody foresaw says nothing of itself', () => {
  const { code, text } = replyTo(new Error('/etc/secret'), 'file')
  assert.equal(code, 451)
  assert.doesNotMatch(text, /secret/)
  assert.deepEqual(replyTo(new FtpRefusal(504, 'Use TYPE A'), 'file'), { code: 504, text: 'Use TYPE A' })
  assert.equal(replyTo(new FileServerError('busy', 'Busy'), 'file').code, 450)
})

test('a name cannot end a reply or begin another one', () => {
  assert.equal(formatReply(250, 'a\r\n230 b'), '250 a??230 b\r\n')
  assert.equal(formatReply(211, ['one', '211 two\r\n', 'three']), '211-one\r\n 211 two??\r\n211 three\r\n')
})

test('quotes in a path are doubled', () => {
  assert.equal(quotedPath('/a "b"'), '"/a ""b"""')
})
