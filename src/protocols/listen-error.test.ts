import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { ListenError, failListening } from './listen-error.ts'

const where = { setting: 'SFTP_PORT', host: '10.1.2.3', port: 22 }

test('what hinders listening names the setting to change', () => {
  const told: readonly (readonly [string, RegExp])[] = [
    ['EADDRINUSE', /^SFTP_PORT: port 22 is taken already; give another/],
    ['EACCES', /^SFTP_PORT: port 22 .*1024/],
    ['EADDRNOTAVAIL', /^LISTEN_HOST: "10\.1\.2\.3" is no address of this machine/],
    ['EMFILE', /^SFTP_PORT: port 22 of "10\.1\.2\.3" cannot be listened on/],
  ]
  for (const [code, message] of told) {
    const cause = Object.assign(new Error(`listen ${code}`), { code })
    assert.throws(() => failListening(where)(cause), { name: 'ListenError', message, cause })
  }
  assert.match(new ListenError('odd', where).message, /^SFTP_PORT: /)
})

test('an address of another machine is told by LISTEN_HOST, as the system refuses it', async () => {
  for (const host of ['192.0.2.1', '2001:db8::1']) {
    const server = createServer().listen(0, host)
    await assert.rejects(
      once(server, 'listening').catch(failListening({ ...where, host })),
      /^ListenError: LISTEN_HOST/,
    )
  }
})
