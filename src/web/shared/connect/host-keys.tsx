import type { ConnectInfo } from '../../../contract/connect.ts'
import { t } from '../i18n.ts'
import { ValuesTable } from './values-table.tsx'

/** What to compare with when a client asks whether the server is the right one. */
export function HostKeys({ hostKeys }: { readonly hostKeys: ConnectInfo['host_keys'] }) {
  if (hostKeys.length === 0) return null
  return (
    <div className="connect-snippet">
      <ValuesTable
        caption={t('connect.hostKeys')}
        values={hostKeys.map(({ algorithms, fingerprint }) => ({
          label: algorithms[0] ?? '',
          value: fingerprint,
        }))}
      />
      <p className="field-hint">{t('connect.hostKeysHint')}</p>
    </div>
  )
}
