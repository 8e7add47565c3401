import type { Config } from './config/config.ts'
import { AddressList } from './core/auth/address-list.ts'
import type { SignIn } from './core/auth/sign-in.ts'
import type { Log } from './core/log.ts'
import type { LiveValues } from './core/settings/setting-rules.ts'
import { FtpServer } from './protocols/ftp/ftp-server.ts'
import { PassiveAddress } from './protocols/ftp/passive-address.ts'
import type { PassivePortSource } from './protocols/ftp/passive-ports.ts'
import type { TlsOwnerBook } from './protocols/ftp/tls-owners.ts'
import type { HostKey } from './protocols/sftp/host-keys.ts'
import { windowBudgetBytes } from './protocols/sftp/receive-window.ts'
import { SftpServer } from './protocols/sftp/sftp-server.ts'
import type { CertificateStore } from './tls/certificate-store.ts'

/** Connections of one protocol that have not signed in, over all processes. */
const maxUnauthenticated = 100

export interface FileServerParts {
  readonly config: Config
  readonly settings: { readonly current: LiveValues }
  readonly hostKeys: readonly HostKey[]
  readonly certificates: CertificateStore
  readonly ticketOwners: TlsOwnerBook
  readonly passivePorts: PassivePortSource
  readonly signIn: SignIn
  /** Processes that share the clients, this one included. */
  readonly processes: number
  readonly log: Log
}

/** The servers that files are sent and fetched through by other programs than browsers. */
export function buildFileServers(parts: FileServerParts): { sftp: SftpServer; ftp: FtpServer } {
  const { config, settings, hostKeys, certificates, ticketOwners, passivePorts, signIn, log } = parts
  const host = config.listenHost
  const share = Math.ceil(maxUnauthenticated / parts.processes)
  const trusted = new AddressList(config.limits.proxyProtocolFrom)
  const isProxied = (address: string) => trusted.has(address)
  const sftp = new SftpServer({
    isProxied,
    ...{ host, port: config.sftp.port, hostKeys, signIn, log },
    algorithms: config.sftp.algorithms,
    windowBudgetBytes: Math.floor(windowBudgetBytes / parts.processes),
    get banner() {
      return settings.current.sftp_banner
    },
    limits: {
      maxUnauthenticated: share,
      get maxAuthTries() {
        return settings.current.max_auth_tries
      },
      get loginGraceMs() {
        return settings.current.login_grace * 1000
      },
      get idleTimeoutMs() {
        return settings.current.idle_timeout * 1000
      },
    },
  })
  const ftp = new FtpServer({
    isProxied,
    ...{ host, controlPorts: config.ftp.ports, certificates, ticketOwners, passivePorts, signIn, log },
    ...(config.ftp.implicitTlsPort === undefined ? {} : { implicitTlsPort: config.ftp.implicitTlsPort }),
    passiveAddress: new PassiveAddress({ host: config.ftp.passiveHost, log }),
    get tls() {
      return settings.current.ftp_tls
    },
    sessionReuse: config.ftp.tlsSessionReuse,
    limits: {
      ...{ maxUnauthenticated: share, maxLineBytes: 8192, claimTimeoutMs: 10_000 },
      get loginTimeoutMs() {
        return settings.current.login_grace * 1000
      },
      get maxAuthTries() {
        return settings.current.max_auth_tries
      },
      get idleTimeoutMs() {
        return settings.current.idle_timeout * 1000
      },
    },
  })
  return { sftp, ftp }
}
