import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import type { ConnectInfo } from '../../../contract/connect.ts'
import {
  curlFtpCommand,
  curlSftpCommand,
  ftpClientUrl,
  isOpenSshName,
  lftpFtpCommand,
  lftpSftpCommand,
  openSshCommand,
  rcloneCommand,
  rcloneConfig,
  scpCommand,
  sftpUrl,
} from './connect-snippets.ts'
import { connectTarget, type ConnectUser } from './connect-target.ts'

const info: ConnectInfo = {
  host: 'files.example.com',
  sftp_port: 2022,
  ftp_port: 2121,
  ftp_passive_ports: [2122],
  ftp_tls: 'allowed',
  host_keys: [{ algorithms: ['ssh-ed25519'], fingerprint: 'SHA256:abc' }],
}
const ann: ConnectUser = {
  username: 'ann',
  password: '',
  deniedProtocols: [],
  deniedLoginMethods: [],
  ftpSecurity: 0,
}
const target = (user: Partial<ConnectUser> = {}, server: Partial<ConnectInfo> = {}) =>
  connectTarget({ ...info, ...server }, { ...ann, ...user }, 'page.example.com')

/** The words that a real shell makes of a command. */
function wordsOf(command: string): string[] {
  const [program = '', ...rest] = command.split(' ')
  const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${rest.join(' ')}`]).toString()
  return [program, ...printed.split('\0').slice(0, -1)]
}

const names = ['ann b', "o'hara", 'a"b', '$(id)', 'a;b', '-rf', 'ñandú', 'a@b', 'a,b', 'a#b?c%d', '*']

describe('snippets for clients', () => {
  it('are as short as they can be for a plain name', () => {
    assert.equal(openSshCommand(target()), 'sftp -P 2022 ann@files.example.com')
    assert.equal(scpCommand(target()), 'scp -P 2022 ./file.txt ann@files.example.com:/')
    assert.equal(
      curlSftpCommand(target()),
      'curl --user ann --upload-file ./file.txt sftp://files.example.com:2022/',
    )
    assert.equal(
      lftpSftpCommand(target()),
      "lftp -e 'set xfer:use-temp-file yes' sftp://ann@files.example.com:2022/",
    )
  })

  it('keep names whole through the shell', () => {
    for (const username of names) {
      const one = target({ username })
      const option = wordsOf(openSshCommand(one)).find((word) => word.startsWith('User='))
      assert.equal(option ?? `User="${username}"`, `User="${username.replaceAll('"', '\\"')}"`)
      assert.ok(wordsOf(curlFtpCommand(one)).includes(username), username)
      assert.equal(decodeURIComponent(new URL(wordsOf(lftpSftpCommand(one)).at(-1) ?? '').username), username)
    }
  })

  it('know the names that OpenSSH refuses', () => {
    assert.deepEqual(names.filter(isOpenSshName), ['ann b', 'ñandú', 'a@b', 'a,b', 'a#b?c%d', '*'])
  })

  it('encode names in addresses, so that nothing of them is taken for the host', () => {
    for (const username of names) {
      const url = new URL(sftpUrl(target({ username })))
      assert.deepEqual([decodeURIComponent(url.username), url.host], [username, 'files.example.com:2022'])
    }
  })

  it('give curl a name with a colon in the address', () => {
    assert.equal(
      curlFtpCommand(target({ username: 'a:b' })),
      'curl --upload-file ./file.txt ftp://a%3Ab:PASSWORD@files.example.com:2121/',
    )
  })

  it('ask for encryption where the server or the user does', () => {
    assert.ok(!curlFtpCommand(target()).includes('--ssl'))
    assert.ok(curlFtpCommand(target({ ftpSecurity: 1 })).includes('--ssl-reqd'))
    assert.ok(curlFtpCommand(target({}, { ftp_tls: 'control' })).includes('--ssl-reqd'))
    assert.ok(lftpFtpCommand(target({}, { ftp_tls: 'required' })).includes('ssl-force true'))
    assert.equal(ftpClientUrl(target({ ftpSecurity: 2 })), 'ftpes://ann@files.example.com:2121/')
    assert.equal(ftpClientUrl(target()), 'ftp://ann@files.example.com:2121/')
  })

  it('take the stricter of what the server and the user ask for', () => {
    assert.equal(target({ ftpSecurity: 2 }, { ftp_tls: 'control' }).ftpSecurity, 'all')
    assert.equal(target({ ftpSecurity: 1 }, { ftp_tls: 'required' }).ftpSecurity, 'all')
    assert.equal(target().ftpSecurity, 'plain')
  })

  it('write IPv6 addresses as each client reads them', () => {
    const one = target({}, { host: '2001:db8::1' })
    assert.equal(openSshCommand(one), 'sftp -P 2022 ann@2001:db8::1')
    assert.equal(scpCommand(one), "scp -P 2022 ./file.txt ann@'[2001:db8::1]':/")
    assert.equal(sftpUrl(one), 'sftp://ann@[2001:db8::1]:2022/')
    assert.ok(rcloneConfig(one).includes('host = 2001:db8::1\n'))
  })

  it('set rclone up without a password in its file', () => {
    assert.equal(
      rcloneConfig(target({ password: 'secret' })),
      '[files]\ntype = sftp\nhost = files.example.com\nport = 2022\nuser = ann\n',
    )
    const ftp = target({ deniedProtocols: ['SSH'], ftpSecurity: 1 })
    assert.ok(rcloneConfig(ftp).includes('type = ftp\n'))
    assert.ok(rcloneConfig(ftp).includes('explicit_tls = true\n'))
    assert.ok(rcloneCommand(ftp).includes('--ftp-ask-password'))
    assert.ok(rcloneConfig(target({ username: '"a"' })).includes('user = `"a"`\n'))
  })

  it('never hold a password', () => {
    const one = target({ password: 'secret-1' })
    const all = [
      openSshCommand(one),
      scpCommand(one),
      curlSftpCommand(one),
      curlFtpCommand(one),
      lftpSftpCommand(one),
      lftpFtpCommand(one),
      rcloneConfig(one),
      sftpUrl(one),
      ftpClientUrl(one),
    ]
    assert.ok(all.every((text) => !text.includes('secret-1')))
  })
})

describe('what a user can connect to', () => {
  it('leaves out protocols that are denied or not served', () => {
    assert.equal(target({ deniedProtocols: ['SSH'] }).sftpPort, 0)
    assert.equal(target({ deniedProtocols: ['FTP'] }).ftpPort, 0)
    assert.equal(target({ deniedProtocols: ['HTTP'] }).hasWeb, false)
    assert.equal(target({}, { ftp_port: 0 }).ftpPort, 0)
  })

  it('leaves out what takes passwords alone when passwords are denied', () => {
    const { sftpPort, ftpPort, hasWeb, hasPasswordOverSsh } = target({ deniedLoginMethods: ['password'] })
    assert.deepEqual([sftpPort, ftpPort, hasWeb, hasPasswordOverSsh], [2022, 0, false, false])
  })

  it('has the host of the page when the server knows no public one', () => {
    assert.equal(target({}, { host: '' }).host, 'page.example.com')
    assert.equal(connectTarget({ ...info, host: '' }, ann, '[::1]').host, '::1')
  })
})
