import type { ConnectTarget } from './connect-target.ts'
import { plainHost, rcloneValue, shellWord, urlHost, urlPart } from './quoting.ts'

/** Names that OpenSSH takes before '@' without a second thought. */
const plainName = /^\w[\w.-]*$/

/** sftp://, ftp:// or, where encryption is asked for, ftpes:// as WinSCP and FileZilla write it; never with a password. */
export function sftpUrl({ username, host, sftpPort }: ConnectTarget): string {
  return `sftp://${urlPart(username)}@${urlHost(host)}:${sftpPort}/`
}

export function ftpUrl(target: ConnectTarget, scheme: 'ftp' | 'ftpes' = 'ftp'): string {
  return `${scheme}://${urlPart(target.username)}@${urlHost(target.host)}:${target.ftpPort}/`
}

/** The scheme of programs that know one for FTP with explicit TLS. */
export function ftpClientUrl(target: ConnectTarget): string {
  return ftpUrl(target, target.ftpSecurity === 'plain' ? 'ftp' : 'ftpes')
}

/** False for names that OpenSSH refuses, however they are quoted: they could end up in somebody's shell. */
export function isOpenSshName(username: string): boolean {
  return !/^-|['"`;&<>|(){}]|\s-/.test(username)
}

export function openSshCommand(target: ConnectTarget): string {
  return ['sftp', ...openSshOptions(target), openSshHost(target)].join(' ')
}

/** Copies one file into the directory where the user starts. */
export function scpCommand(target: ConnectTarget): string {
  return ['scp', ...openSshOptions(target), './file.txt', `${openSshHost(target, true)}:/`].join(' ')
}

export function curlSftpCommand(target: ConnectTarget): string {
  return curl(target, [], `sftp://${urlHost(target.host)}:${target.sftpPort}/`)
}

export function curlFtpCommand(target: ConnectTarget): string {
  const options = target.ftpSecurity === 'plain' ? [] : ['--ssl-reqd']
  return curl(target, options, `ftp://${urlHost(target.host)}:${target.ftpPort}/`)
}

/** Otherwise it goes on by itself with the file that it was replacing when the line broke. */
const lftpWhole = 'set xfer:use-temp-file yes'

export function lftpSftpCommand(target: ConnectTarget): string {
  return `lftp -e '${lftpWhole}' ${shellWord(sftpUrl(target))}`
}

export function lftpFtpCommand(target: ConnectTarget): string {
  const encryption =
    target.ftpSecurity === 'plain' ? '' : 'set ftp:ssl-force true; set ftp:ssl-protect-data true; '
  return `lftp -e '${encryption}${lftpWhole}' ${shellWord(ftpUrl(target))}`
}

/** A remote called `files` for rclone.conf. Passwords are kept there disguised, which rclone alone can do. */
export function rcloneConfig(target: ConnectTarget): string {
  const isSftp = target.sftpPort > 0
  const lines = [
    '[files]',
    `type = ${isSftp ? 'sftp' : 'ftp'}`,
    `host = ${plainHost(target.host)}`,
    `port = ${isSftp ? target.sftpPort : target.ftpPort}`,
    `user = ${rcloneValue(target.username)}`,
    ...(isSftp ? [] : [`explicit_tls = ${target.ftpSecurity !== 'plain'}`]),
  ]
  return `${lines.join('\n')}\n`
}

export function rcloneCommand({ sftpPort }: ConnectTarget): string {
  return `rclone --${sftpPort > 0 ? 'sftp' : 'ftp'}-ask-password copy ./file.txt files:/`
}

function openSshOptions({ sftpPort, username }: ConnectTarget): string[] {
  const name = plainName.test(username) ? [] : ['-o', shellWord(`User="${username.replaceAll('"', '\\"')}"`)]
  return ['-P', String(sftpPort), ...name]
}

/** Before a path, an IPv6 address needs its brackets, and the shell must not take them for a pattern. */
function openSshHost({ host, username }: ConnectTarget, hasPath = false): string {
  const name = hasPath && host.includes(':') ? shellWord(urlHost(host)) : host
  return plainName.test(username) ? `${username}@${name}` : name
}

/** curl asks for the password of `--user`, which cannot hold a colon: such a name goes into the address. */
function curl({ username }: ConnectTarget, options: readonly string[], url: string): string {
  const isInUrl = username.includes(':')
  const address = isInUrl ? url.replace('://', `://${urlPart(username)}:PASSWORD@`) : url
  const user = isInUrl ? [] : ['--user', shellWord(username)]
  return ['curl', ...options, ...user, '--upload-file', './file.txt', shellWord(address)].join(' ')
}
