import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { describe, it } from 'node:test'
import { FileServerError, type ErrorCode } from '../../core/errors.ts'
import { diskError, isErrno, onDisk } from './disk-error.ts'

const expected: Record<string, ErrorCode> = {
  ENOENT: 'not-found',
  EEXIST: 'already-exists',
  ENOTDIR: 'not-a-directory',
  EISDIR: 'is-a-directory',
  ENOTEMPTY: 'directory-not-empty',
  EACCES: 'permission-denied',
  EPERM: 'permission-denied',
  EROFS: 'permission-denied',
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  ENAMETOOLONG: 'invalid-path',
  EINVAL: 'invalid-path',
  ELOOP: 'invalid-path',
  EXDEV: 'unsupported',
  ENXIO: 'unsupported',
  EBUSY: 'busy',
  EMFILE: 'unavailable',
  EIO: 'storage-failure',
  ESTALE: 'storage-failure',
}

describe('diskError', () => {
  for (const [errno, code] of Object.entries(expected))
    it(`makes '${code}' of ${errno}`, () => {
      const cause = systemError(errno)
      const error = diskError(cause)
      assert.equal(error.code, code)
      assert.equal(error.cause, cause)
      assert.ok(!error.message.includes('/srv/secret'))
    })

  it('knows only errnos that Linux has', () => {
    for (const errno of Object.keys(expected)) assert.ok(errno in constants.errno, errno)
  })

  it('keeps what is translated already and hides what nobody foresaw', () => {
    const known = new FileServerError('quota-exceeded', 'too much')
    assert.equal(diskError(known), known)
    assert.equal(diskError(new TypeError('in /srv/secret')).code, 'storage-failure')
    assert.equal(diskError('text').code, 'storage-failure')
    assert.equal(diskError(Object.assign(new Error(), { code: 'constructor' })).code, 'storage-failure')
  })
})

describe('isErrno', () => {
  it('compares codes, not messages', () => {
    assert.ok(isErrno(systemError('EEXIST'), 'ENOENT', 'EEXIST'))
    assert.ok(!isErrno(systemError('EEXIST'), 'ENOENT'))
    assert.ok(!isErrno(new Error('ENOENT'), 'ENOENT'))
    assert.ok(!isErrno(undefined, 'ENOENT'))
  })
})

describe('onDisk', () => {
  it('lets values and translated errors through', async () => {
    assert.equal(await onDisk(() => Promise.resolve(7)), 7)
    await assert.rejects(
      onDisk(() => Promise.reject(systemError('ENOSPC'))),
      (error: FileServerError) => error.code === 'no-space',
    )
  })
})

function systemError(errno: string): Error {
  return Object.assign(new Error(`${errno}: failed, open '/srv/secret/file'`), { code: errno })
}
