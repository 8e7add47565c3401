import type { ComponentChildren } from 'preact'
import type { MessageKey } from '../../messages/message-key.ts'
import { CodeLine } from '../components/code-line.tsx'
import { Banner } from '../components/states.tsx'
import { t } from '../i18n.ts'
import {
  curlFtpCommand,
  curlSftpCommand,
  ftpClientUrl,
  ftpUrl,
  isOpenSshName,
  lftpFtpCommand,
  lftpSftpCommand,
  openSshCommand,
  rcloneCommand,
  rcloneConfig,
  scpCommand,
  sftpUrl,
} from './connect-snippets.ts'
import type { ConnectTarget } from './connect-target.ts'
import { encryptionText, ftpValues, sftpValues } from './connect-values.ts'
import { espSketch } from './esp-sketch.ts'
import { HostKeys } from './host-keys.tsx'
import { ValuesTable } from './values-table.tsx'

/** Names that are the same in every language. */
const [sftp, ftp] = ['SFTP', 'FTP']
/** What FileZilla calls them, in English as in its manual. */
const fileZilla = {
  sftp: 'SFTP - SSH File Transfer Protocol',
  ftp: 'FTP - File Transfer Protocol',
  tlsOptional: 'Use explicit FTP over TLS if available',
  tlsRequired: 'Require explicit FTP over TLS',
}

interface ClientProps {
  readonly target: ConnectTarget
}

export function OpenSshClient({ target }: ClientProps) {
  if (!isOpenSshName(target.username)) return <Banner kind="warning">{t('connect.openssh.refuses')}</Banner>
  return (
    <>
      <Snippet title={t('connect.openssh.sftp')} text={openSshCommand(target)} />
      <Snippet title={t('connect.openssh.scp')} text={scpCommand(target)} />
      <HostKeys hostKeys={target.hostKeys} />
    </>
  )
}

export function WinScpClient({ target }: ClientProps) {
  return (
    <>
      <p>{t('connect.winscp.lead')}</p>
      {target.sftpPort > 0 ? <Snippet title={sftp} text={sftpUrl(target)} /> : null}
      {target.ftpPort > 0 ? <Snippet title={ftp} text={ftpClientUrl(target)} /> : null}
      <BothValues target={target} />
      {target.sftpPort > 0 ? <HostKeys hostKeys={target.hostKeys} /> : null}
    </>
  )
}

export function FileZillaClient({ target }: ClientProps) {
  const encryption = target.ftpSecurity === 'plain' ? fileZilla.tlsOptional : fileZilla.tlsRequired
  return (
    <>
      <p>{t('connect.filezilla.lead')}</p>
      <div className="connect-both">
        {target.sftpPort > 0 ? (
          <ValuesTable
            caption={sftp}
            values={[
              { label: t('connect.protocol'), value: fileZilla.sftp, isCopied: false },
              ...sftpValues(target).slice(1),
            ]}
          />
        ) : null}
        {target.ftpPort > 0 ? (
          <ValuesTable
            caption={ftp}
            values={[
              { label: t('connect.protocol'), value: fileZilla.ftp, isCopied: false },
              { label: t('connect.encryption'), value: encryption, isCopied: false },
              ...ftpValues(target).slice(2),
            ]}
          />
        ) : null}
      </div>
      {target.sftpPort > 0 ? <HostKeys hostKeys={target.hostKeys} /> : null}
    </>
  )
}

export function CurlClient({ target }: ClientProps) {
  return (
    <>
      {target.sftpPort > 0 ? (
        <Snippet title={sftp} text={curlSftpCommand(target)} hint={t('connect.curl.hostKey')} />
      ) : null}
      {target.ftpPort > 0 ? (
        <Snippet title={ftp} text={curlFtpCommand(target)} hint={encryptionText(target)} />
      ) : null}
      <p className="soft">{t('connect.asksPassword')}</p>
    </>
  )
}

export function LftpClient({ target }: ClientProps) {
  return (
    <>
      {target.sftpPort > 0 ? <Snippet title={sftp} text={lftpSftpCommand(target)} /> : null}
      {target.ftpPort > 0 ? (
        <Snippet title={ftp} text={lftpFtpCommand(target)} hint={encryptionText(target)} />
      ) : null}
      <p className="soft">{t('connect.asksPassword')}</p>
    </>
  )
}

export function RcloneClient({ target }: ClientProps) {
  return (
    <>
      <Snippet title={t('connect.rclone.config')} text={rcloneConfig(target)} />
      <Snippet title={t('connect.rclone.use')} text={rcloneCommand(target)} />
      <p className="soft">{t('connect.asksPassword')}</p>
    </>
  )
}

export function EspClient({ target }: ClientProps) {
  if (target.ftpSecurity !== 'plain') return <Banner kind="warning">{t('connect.esp.needsPlain')}</Banner>
  return (
    <>
      <p>{t('connect.esp.lead')}</p>
      <Snippet title={t('connect.esp.sketch')} text={espSketch(target)} />
      <Banner kind="info">{t('connect.esp.clear')}</Banner>
    </>
  )
}

export function SystemClient({ target }: ClientProps) {
  return (
    <>
      <p>{t('connect.system.mac')}</p>
      {target.ftpPort > 0 ? (
        <>
          <p>{t('connect.system.windows')}</p>
          {target.ftpSecurity === 'plain' ? (
            <Snippet title={t('connect.system.explorer')} text={ftpUrl(target)} />
          ) : (
            <Banner kind="warning">{t('connect.system.noTls')}</Banner>
          )}
        </>
      ) : null}
      <BothValues target={target} />
    </>
  )
}

export function BothValues({ target }: ClientProps) {
  return (
    <div className="connect-both">
      {target.sftpPort > 0 ? <ValuesTable caption={sftp} values={sftpValues(target)} /> : null}
      {target.ftpPort > 0 ? <ValuesTable caption={ftp} values={ftpValues(target)} /> : null}
    </div>
  )
}

interface SnippetProps {
  readonly title: string
  readonly text: string
  readonly hint?: ComponentChildren
}

function Snippet({ title, text, hint }: SnippetProps) {
  return (
    <div className="connect-snippet">
      <p className="connect-title">{title}</p>
      <CodeLine text={text} label={title} />
      {hint === undefined ? null : <p className="field-hint">{hint}</p>}
    </div>
  )
}

/** A tab of the panel, and whether it is of use for a target. */
export interface ConnectClient {
  readonly id: string
  readonly name?: string
  readonly label?: MessageKey
  readonly isFor: (target: ConnectTarget) => boolean
  readonly Body: (props: ClientProps) => ComponentChildren
}

const forSsh = ({ sftpPort }: ConnectTarget) => sftpPort > 0
const forFtp = ({ ftpPort }: ConnectTarget) => ftpPort > 0
const forBoth = (target: ConnectTarget) => forSsh(target) || forFtp(target)

export const connectClients: readonly ConnectClient[] = [
  { id: 'openssh', name: 'OpenSSH', isFor: forSsh, Body: OpenSshClient },
  { id: 'winscp', name: 'WinSCP', isFor: forBoth, Body: WinScpClient },
  { id: 'filezilla', name: 'FileZilla', isFor: forBoth, Body: FileZillaClient },
  { id: 'curl', name: 'curl', isFor: forBoth, Body: CurlClient },
  { id: 'lftp', name: 'lftp', isFor: forBoth, Body: LftpClient },
  { id: 'rclone', name: 'rclone', isFor: forBoth, Body: RcloneClient },
  { id: 'esp', name: 'Arduino', isFor: forFtp, Body: EspClient },
  { id: 'system', label: 'connect.system', isFor: forBoth, Body: SystemClient },
]
