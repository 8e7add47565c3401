import type { ReadinessResource } from '../../../../contract/readiness.ts'
import { ApiFailure, urlOf } from '../../../shared/api.ts'
import { Button } from '../../../shared/components/button.tsx'
import { Icon } from '../../../shared/components/icon.tsx'
import { Failed } from '../../../shared/components/states.tsx'
import { t } from '../../../shared/i18n.ts'
import { useLoaded } from '../../../shared/use-loaded.ts'

/**
 * Why nothing can be asked of the server. Without its database it knows nobody, and refuses the admin before it could
 * tell how it fares: what everybody may ask tells it.
 */
export function ServerFailure({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  const failed = useLoaded((signal) => readFailedParts(error, signal), [error])
  if (failed.value?.includes('database') !== true) return <Failed error={error} onRetry={onRetry} />
  return (
    <div className="banner banner-failed" role="alert">
      <Icon name="warning" />
      <div>
        <p>{t('health.database.unknownAway')}</p>
        <p>{t('health.database.awayAdvice')}</p>
      </div>
      <Button icon="refresh" onClick={onRetry}>
        {t('action.retry')}
      </Button>
    </div>
  )
}

async function readFailedParts(error: unknown, signal: AbortSignal): Promise<ReadinessResource['failed']> {
  if (!(error instanceof ApiFailure) || error.status !== 503) return []
  const response = await fetch(urlOf('readyz'), { signal })
  return ((await response.json()) as ReadinessResource).failed
}
