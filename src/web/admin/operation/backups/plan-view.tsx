import type { RestorePlan } from '../../../../contract/backup.ts'
import type { MessageKey } from '../../../messages/message-key.ts'
import { Badge, Banner } from '../../../shared/components/states.tsx'
import { t } from '../../../shared/i18n.ts'
import { countChanges, planGroups, type PlannedChange } from './plan-groups.ts'

const kindLabels: Readonly<Record<PlannedChange['kind'], MessageKey>> = {
  user: 'backups.plan.users',
  folder: 'backups.plan.folders',
  admin: 'backups.plan.admins',
  setting: 'backups.plan.settings',
}

const changeLooks: Readonly<
  Record<PlannedChange['change'], { readonly kind: 'good' | 'warning' | 'bad'; readonly label: MessageKey }>
> = {
  add: { kind: 'good', label: 'backups.plan.add' },
  replace: { kind: 'warning', label: 'backups.plan.replace' },
  remove: { kind: 'bad', label: 'backups.plan.remove' },
}

/** What a restore changes, or has changed. */
export function PlanView({ plan }: { readonly plan: RestorePlan }) {
  const groups = planGroups(plan)
  const counts = {
    added: countChanges(plan, 'add'),
    replaced: countChanges(plan, 'replace'),
    removed: countChanges(plan, 'remove'),
    unchanged: plan.unchanged,
  }
  return (
    <>
      <p>{groups.length === 0 ? t('backups.plan.nothing') : t('backups.plan.counts', counts)}</p>
      <UnusableFactors accounts={plan.unusable_totp} />
      {groups.map(({ kind, changes }) => (
        <section key={kind} className="backups-plan">
          <h3>{t(kindLabels[kind])}</h3>
          <div className="table-wrap">
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">{t('backups.name')}</th>
                  <th scope="col">{t('backups.plan.change')}</th>
                  <th scope="col">{t('backups.plan.fields')}</th>
                </tr>
              </thead>
              <tbody>
                {changes.map(({ name, change, fields }) => (
                  <tr key={name}>
                    <th scope="row">
                      <span className="name">{name}</span>
                    </th>
                    <td>
                      <Badge kind={changeLooks[change].kind}>{t(changeLooks[change].label)}</Badge>
                    </td>
                    <td className="soft name">{fields.join(', ')}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      ))}
    </>
  )
}

const maxNames = 10

/** Second factors that nobody could pass on this server, and what to do about them. */
function UnusableFactors({ accounts }: { readonly accounts: RestorePlan['unusable_totp'] }) {
  if (accounts.length === 0) return null
  const names = accounts.slice(0, maxNames).map(({ name }) => name)
  return (
    <Banner kind="warning">
      <p>
        <strong>{t('backups.plan.unusableFactors', { n: accounts.length })}</strong>{' '}
        <span className="name">
          {names.join(', ')}
          {accounts.length > maxNames ? ', …' : ''}
        </span>
      </p>
      <p>{t('backups.plan.unusableFactorsText')}</p>
    </Banner>
  )
}
