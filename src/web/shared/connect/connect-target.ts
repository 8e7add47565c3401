import type { ConnectInfo } from '../../../contract/connect.ts'
import { plainHost } from './quoting.ts'

/** 'plain': encryption is up to the client. 'control': the login has to be encrypted. 'all': the data as well. */
export type FtpSecurity = 'plain' | 'control' | 'all'

const securities: readonly FtpSecurity[] = ['plain', 'control', 'all']
const serverSecurities = { allowed: 'plain', control: 'control', required: 'all' } as const

/** The user who is to connect. */
export interface ConnectUser {
  readonly username: string
  /** '' when nobody here knows it any more. */
  readonly password: string
  readonly deniedProtocols: readonly string[]
  readonly deniedLoginMethods: readonly string[]
  /** 1: FTP logins must use TLS. 2: data connections as well. */
  readonly ftpSecurity: number
}

/** What a client has to be told. A port of 0 is not served, or not for this user. */
export interface ConnectTarget {
  readonly host: string
  readonly username: string
  readonly password: string
  readonly sftpPort: number
  readonly ftpPort: number
  readonly ftpSecurity: FtpSecurity
  readonly ftpPassivePorts: readonly number[]
  readonly hasWeb: boolean
  readonly hasPasswordOverSsh: boolean
  readonly hostKeys: ConnectInfo['host_keys']
}

/** `pageHost` stands in for a public host name that the server does not know. */
export function connectTarget(info: ConnectInfo, user: ConnectUser, pageHost: string): ConnectTarget {
  const isServed = (protocol: string) => !user.deniedProtocols.includes(protocol)
  const { deniedLoginMethods: denied } = user
  const hasPassword = !denied.includes('password')
  return {
    host: plainHost(info.host === '' ? pageHost : info.host),
    username: user.username,
    password: user.password,
    sftpPort: isServed('SSH') ? info.sftp_port : 0,
    // FTP and the web know passwords alone.
    ftpPort: isServed('FTP') && hasPassword ? info.ftp_port : 0,
    ftpSecurity: stricter(serverSecurities[info.ftp_tls], securities[user.ftpSecurity] ?? 'plain'),
    ftpPassivePorts: info.ftp_passive_ports,
    hasWeb: isServed('HTTP') && hasPassword,
    hasPasswordOverSsh: hasPassword && !denied.includes('password-over-SSH'),
    hostKeys: info.host_keys,
  }
}

function stricter(one: FtpSecurity, other: FtpSecurity): FtpSecurity {
  return securities.indexOf(one) > securities.indexOf(other) ? one : other
}
