import { t } from '../i18n.ts'
import type { ConnectTarget } from './connect-target.ts'
import type { ConnectValue } from './values-table.tsx'

/** What every client asks for. */
export function sftpValues(target: ConnectTarget): readonly ConnectValue[] {
  return [
    { label: t('connect.protocol'), value: 'SFTP', isCopied: false },
    ...addressValues(target, target.sftpPort),
  ]
}

export function ftpValues(target: ConnectTarget): readonly ConnectValue[] {
  return [
    { label: t('connect.protocol'), value: 'FTP', isCopied: false },
    { label: t('connect.encryption'), value: encryptionText(target), isCopied: false },
    { label: t('connect.mode'), value: t('connect.passive'), isCopied: false },
    ...addressValues(target, target.ftpPort),
  ]
}

export function encryptionText({ ftpSecurity }: ConnectTarget): string {
  return ftpSecurity === 'plain' ? t('connect.tlsOptional') : t('connect.tlsRequired')
}

function addressValues({ host, username }: ConnectTarget, port: number): ConnectValue[] {
  return [
    { label: t('connect.host'), value: host },
    { label: t('connect.port'), value: String(port) },
    { label: t('connect.user'), value: username },
  ]
}
