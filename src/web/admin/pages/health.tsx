import type { PortChecks } from '../../../contract/port-check.ts'
import type { ServicesStatus } from '../../../contract/server-status.ts'
import { callApi } from '../../shared/api.ts'
import { Button } from '../../shared/components/button.tsx'
import { Page } from '../../shared/components/page.tsx'
import { Failed, Loading } from '../../shared/components/states.tsx'
import { formatTime } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'
import { useLoaded, type Loaded } from '../../shared/use-loaded.ts'
import { verdictOf, type Section } from '../operation/health/finding.ts'
import { HealthCard, LevelMark } from '../operation/health/health-card.tsx'
import { portFindings } from '../operation/health/port-findings.ts'
import { ServerFailure } from '../operation/health/server-failure.tsx'
import { statusSections } from '../operation/health/status-findings.ts'
import '../operation/health/health.css'

/** What is well, what is not, and what to do about it. */
export function Health() {
  const status = useLoaded((signal) => callApi<ServicesStatus>('GET', 'status', { signal }), [])
  const ports = useLoaded((signal) => callApi<PortChecks>('POST', 'status/ports', { signal }), [])
  const sections = status.value ? statusSections(status.value) : []
  const reachability = sectionOf(ports.value)
  const verdict = verdictOf([...sections, reachability])
  return (
    <Page
      title={t('health.title')}
      lead={t('health.lead')}
      actions={
        <Button icon="refresh" isBusy={status.isLoading} onClick={status.reload}>
          {t('health.refresh')}
        </Button>
      }
    >
      {status.error !== undefined ? (
        // What was found before may not be so any more.
        <ServerFailure error={status.error} onRetry={status.reload} />
      ) : status.value === undefined ? (
        <Loading />
      ) : (
        <>
          <div className={`health-verdict health-verdict-${verdict.level}`} role="status">
            <LevelMark level={verdict.level} />
            <strong>{verdict.state}</strong>
          </div>
          <PortCard section={reachability} ports={ports} />
          {sections
            .filter(({ findings }) => findings.length > 0)
            .map((section) => (
              <HealthCard key={section.id} section={section} />
            ))}
        </>
      )}
    </Page>
  )
}

function sectionOf(checks: PortChecks | undefined): Section {
  return {
    id: 'ports',
    title: t('health.ports.title'),
    findings: checks === undefined ? [] : portFindings(checks),
  }
}

/** The test opens connections and takes a few seconds: it is run when asked for, and once at the beginning. */
function PortCard({ section, ports }: { readonly section: Section; readonly ports: Loaded<PortChecks> }) {
  const { value, error, isLoading, reload } = ports
  return (
    <HealthCard
      section={section}
      actions={
        <Button icon="refresh" isBusy={isLoading} onClick={reload}>
          {t('health.ports.again')}
        </Button>
      }
    >
      <p className="soft" role="status">
        {isLoading
          ? t('health.ports.testing')
          : value === undefined
            ? null
            : value.host === ''
              ? t('health.ports.noHost')
              : t('health.ports.tested', { host: value.host, time: formatTime(value.checked_at) })}
      </p>
      {error === undefined || isLoading ? null : <Failed error={error} />}
    </HealthCard>
  )
}
