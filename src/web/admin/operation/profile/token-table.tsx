import type { AdminTokenResource } from '../../../../contract/admin.ts'
import type { MessageKey } from '../../../messages/message-key.ts'
import { Button } from '../../../shared/components/button.tsx'
import { Badge } from '../../../shared/components/states.tsx'
import { formatTime } from '../../../shared/format.ts'
import { t } from '../../../shared/i18n.ts'

const kinds: Readonly<Record<AdminTokenResource['kind'], MessageKey>> = {
  session: 'ownAccess.kind.session',
  token: 'ownAccess.kind.token',
  key: 'ownAccess.kind.key',
}

export interface TokenTableProps {
  readonly tokens: readonly AdminTokenResource[]
  readonly onRevoke: (token: AdminTokenResource) => void
}

/** Everything that can act in the admin's name at the moment, the newest first. */
export function TokenTable({ tokens, onRevoke }: TokenTableProps) {
  return (
    <div className="table-wrap">
      <table className="table cards-on-phone">
        <thead>
          <tr>
            <th scope="col">{t('ownAccess.what')}</th>
            <th scope="col">{t('ownAccess.made')}</th>
            <th scope="col">{t('ownAccess.ends')}</th>
            <th scope="col">
              <span className="hidden">{t('ownAccess.actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.toReversed().map((token) => (
            <tr key={token.id}>
              <th scope="row">
                {t(kinds[token.kind])}
                {token.name === '' ? null : (
                  <>
                    {': '}
                    <span className="name">{token.name}</span>
                  </>
                )}{' '}
                {token.is_current ? <Badge kind="good">{t('ownAccess.this')}</Badge> : null}
              </th>
              <td data-label={t('ownAccess.made')}>{formatTime(token.created_at)}</td>
              <td data-label={t('ownAccess.ends')}>{formatTime(token.expires_at)}</td>
              <td className="end">
                {token.is_current ? null : (
                  <Button
                    kind="quiet"
                    icon="delete"
                    label={t('ownAccess.revokeOf', {
                      what: token.name === '' ? t(kinds[token.kind]) : token.name,
                    })}
                    onClick={() => onRevoke(token)}
                  />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
