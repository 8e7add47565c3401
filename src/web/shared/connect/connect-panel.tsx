import { useState } from 'react'
import { Banner } from '../components/states.tsx'
import { CopyButton } from '../components/copy-button.tsx'
import { Tabs } from '../components/tabs.tsx'
import { t } from '../i18n.ts'
import { urlOf } from '../api.ts'
import { BothValues, connectClients } from './connect-clients.tsx'
import { ftpClientUrl, sftpUrl } from './connect-snippets.ts'
import type { ConnectTarget } from './connect-target.ts'
import './connect.css'
import { HostKeys } from './host-keys.tsx'
import { QrCode } from './qr-code.tsx'

const general = 'general'

/** How to reach the files with all kinds of programs, ready to be copied. */
export function ConnectPanel({ target }: { readonly target: ConnectTarget }) {
  const [chosen, setChosen] = useState(general)
  const clients = connectClients.filter(({ isFor }) => isFor(target))
  const client = clients.find(({ id }) => id === chosen)
  const tabs = [
    { id: general, label: t('connect.general') },
    ...clients.map(({ id, name, label }) => ({ id, label: label === undefined ? (name ?? id) : t(label) })),
  ]
  return (
    <div className="connect">
      {target.password === '' ? null : <PasswordOnce password={target.password} />}
      {target.sftpPort > 0 && !target.hasPasswordOverSsh ? (
        <Banner kind="info">{t('connect.keyOnly')}</Banner>
      ) : null}
      <Tabs label={t('connect.programs')} tabs={tabs} current={client?.id ?? general} onChoose={setChosen}>
        {client ? <client.Body target={target} /> : <General target={target} />}
      </Tabs>
    </div>
  )
}

function PasswordOnce({ password }: { readonly password: string }) {
  return (
    <Banner kind="info">
      <p>{t('connect.passwordOnce')}</p>
      <p className="connect-password">
        <code>{password}</code>
        <CopyButton text={password} label={t('connect.copyPassword')} />
      </p>
    </Banner>
  )
}

function General({ target }: { readonly target: ConnectTarget }) {
  const { sftpPort, ftpPort, hasWeb, hostKeys } = target
  const url = sftpPort > 0 ? sftpUrl(target) : ftpPort > 0 ? ftpClientUrl(target) : undefined
  return (
    <>
      {url === undefined && !hasWeb ? <Banner kind="warning">{t('connect.nothing')}</Banner> : null}
      <div className="connect-general">
        <BothValues target={target} />
        {url === undefined ? null : (
          <figure className="connect-figure">
            <QrCode text={url} label={t('connect.qr', { url })} />
            <figcaption>
              {t('connect.qrHint')} <code className="name">{url}</code>
            </figcaption>
          </figure>
        )}
      </div>
      {hasWeb ? (
        <p>
          {t('connect.web')} <a href={urlOf('web/client/files')}>{urlOf('web/client/files')}</a>
        </p>
      ) : null}
      {ftpPort > 0 ? <FtpHint target={target} /> : null}
      {sftpPort > 0 ? <HostKeys hostKeys={hostKeys} /> : null}
    </>
  )
}

function FtpHint({ target }: { readonly target: ConnectTarget }) {
  return <p className="soft">{t('connect.ftpHint', { ports: target.ftpPassivePorts.join(', ') })}</p>
}
