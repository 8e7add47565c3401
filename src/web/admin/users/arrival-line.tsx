import { Icon } from '../../shared/components/icon.tsx'
import { t } from '../../shared/i18n.ts'
import { type Arrival, useArrival } from './use-arrival.ts'

/** Says when the first file of a new user is there. */
export function ArrivalLine({ username }: { readonly username: string }) {
  const arrival = useArrival(username)
  return (
    <p className={`arrival arrival-${arrival}`} role="status">
      {arrival === 'arrived' ? <Icon name="check" /> : <span className="spinner" aria-hidden="true" />}
      <span>{textOf(arrival)}</span>
    </p>
  )
}

function textOf(arrival: Arrival): string {
  if (arrival === 'arrived') return t('steps.arrived')
  return arrival === 'signed-in' ? t('steps.signedIn') : t('steps.waiting')
}
