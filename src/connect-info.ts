import type { Config } from './config/config.ts'
import type { ConnectInfo } from './contract/connect.ts'
import type { FileServing } from './file-serving.ts'
import type { PortTarget } from './platform/port-checks.ts'
import type { HostKey } from './protocols/sftp/host-keys.ts'
import { sshIdentification } from './protocols/sftp/sftp-server.ts'
import { bindingOf } from './server-status.ts'

export interface ConnectSources {
  readonly config: Config
  readonly sftp: FileServing['sftp']
  readonly ftp: FileServing['ftp']
}

export interface ConnectDetails extends ConnectSources {
  readonly hostKeys: readonly HostKey[]
  readonly ftpTls: Config['ftp']['tls']
}

/** What to enter in a client. The platform's proxies have the numbers of the ports that they lead to. */
export function readConnectInfo({ config, sftp, ftp, hostKeys, ftpTls }: ConnectDetails): ConnectInfo {
  return {
    host: config.platform?.host ?? '',
    sftp_port: portsOf(sftp)[0] ?? 0,
    ftp_port: portsOf(ftp).find((port) => port !== config.ftp.implicitTlsPort) ?? 0,
    ftp_passive_ports: [...ftp.passivePorts],
    ftp_tls: ftpTls,
    host_keys: hostKeys.map(({ algorithms, fingerprint }) => ({ algorithms: [...algorithms], fingerprint })),
  }
}

/** The ports that clients use, each with the way to recognise this server behind it. */
export function portTargets({ config, sftp, ftp }: ConnectSources): PortTarget[] {
  const { implicitTlsPort } = config.ftp
  const sftpTargets = portsOf(sftp).map((port): PortTarget => ({
    service: 'SFTP',
    port,
    greeting: sshIdentification,
    isTls: false,
  }))
  const ftpTargets = portsOf(ftp).map((port): PortTarget => ({
    service: 'FTP',
    port,
    greeting: '220',
    isTls: port === implicitTlsPort,
  }))
  const dataTargets = ftp.passivePorts.map((port): PortTarget => ({
    service: 'FTP data',
    port,
    hold: () => ftp.holdPassivePort(port),
  }))
  return [...sftpTargets, ...ftpTargets, ...dataTargets]
}

function portsOf({ addresses }: FileServing['sftp']): number[] {
  return addresses.map((address) => bindingOf(address).port)
}
