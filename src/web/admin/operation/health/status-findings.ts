import type { CertificateProblemName, ServicesStatus } from '../../../../contract/server-status.ts'
import type { MessageKey } from '../../../messages/message-key.ts'
import { formatBytes, formatDate, formatTime } from '../../../shared/format.ts'
import { t } from '../../../shared/i18n.ts'
import type { Finding, Section } from './finding.ts'
import { spaceFinding } from './space-finding.ts'

const dayMs = 24 * 60 * 60_000
/** Certificates are renewed long before; one that ends sooner has been forgotten. */
const warnBeforeMs = 14 * dayMs
const manyQueued = 1_000

/** What the server says of itself, judged by its own clock. */
export function statusSections(status: ServicesStatus): readonly Section[] {
  const { now } = status.process
  return [
    { id: 'server', title: t('health.server.title'), findings: serverFindings(status, now) },
    { id: 'storages', title: t('health.storages.title'), findings: storageFindings(status) },
    { id: 'ftp', title: t('health.ftp.title'), findings: ftpFindings(status) },
    {
      id: 'certificates',
      title: t('health.certificates.title'),
      findings: status.certificates.map((certificate) => certificateFinding(certificate, now)),
    },
    { id: 'hostKeys', title: t('health.hostKeys.title'), findings: hostKeyFindings(status) },
  ]
}

function serverFindings(status: ServicesStatus, now: number): readonly Finding[] {
  const { process } = status
  const { data_directory: data } = process
  return [
    {
      level: 'good',
      subject: t('health.process.subject', { version: process.version }),
      state: t('health.process.state', {
        since: formatTime(process.started_at, 'short'),
        memory: formatBytes(process.memory_bytes),
      }),
    },
    ...serviceFindings(status),
    workersFinding(status),
    databaseFinding(status),
    auditFinding(status),
    spaceFinding(
      { subject: t('health.data.subject'), isWritable: true, ...spaceOf(data), minFreeBytes: 0 },
      t('health.data.advice', { directory: data.directory }),
    ),
    platformFinding(status, now),
  ]
}

function spaceOf(space: {
  readonly free_bytes: number
  readonly total_bytes: number
  readonly error: string
}) {
  return { freeBytes: space.free_bytes, totalBytes: space.total_bytes, error: space.error }
}

function serviceFindings({ ssh, ftp, http }: ServicesStatus): readonly Finding[] {
  const services = [
    { name: 'SFTP', ...ssh },
    { name: 'FTP', ...ftp },
    { name: 'HTTP', ...http },
  ]
  return services.map(({ name, is_active: isActive, bindings }): Finding => {
    const ports = [...new Set(bindings.map(({ port }) => port))].join(', ')
    if (isActive) return { level: 'good', subject: name, state: t('health.service.active', { ports }) }
    return {
      level: 'bad',
      subject: name,
      state: t('health.service.stopped'),
      advice: t('health.service.stoppedAdvice'),
    }
  })
}

function workersFinding({ workers: { configured, running, restarts, hangs } }: ServicesStatus): Finding {
  const subject = t('health.workers.subject')
  const values = { running, configured, restarts, hangs }
  if (running < configured)
    return {
      level: running === 0 ? 'bad' : 'warning',
      subject,
      state: t('health.workers.missing', values),
      advice: t('health.workers.advice'),
    }
  if (restarts === 0) return { level: 'good', subject, state: t('health.workers.good', values) }
  return {
    level: 'info',
    subject,
    state: t('health.workers.restarted', values),
    advice: t('health.workers.advice'),
  }
}

/** A few records wait for a moment always; many wait for a database that is away. */
function auditFinding({ audit_log: { queued, lost } }: ServicesStatus): Finding {
  const subject = t('health.audit.subject')
  const advice = t('health.audit.advice')
  if (lost > 0) return { level: 'bad', subject, state: t('health.audit.lost', { n: lost }), advice }
  if (queued > manyQueued)
    return { level: 'warning', subject, state: t('health.audit.waits', { n: queued }), advice }
  return { level: 'good', subject, state: t('health.audit.good') }
}

function databaseFinding({ data_provider: database }: ServicesStatus): Finding {
  const subject = t('health.database.subject')
  const kind = database.driver === 'sqlite' ? 'SQLite' : 'PostgreSQL'
  if (database.is_active) return { level: 'good', subject, state: t('health.database.active', { kind }) }
  return {
    level: 'bad',
    subject,
    state: t('health.database.away', { kind }),
    advice: t('health.database.awayAdvice'),
    detail: database.error,
  }
}

function platformFinding({ platform }: ServicesStatus, now: number): Finding {
  const subject = 'Thinger.io'
  const since = formatTime(platform.since === 0 ? now : platform.since, 'short')
  if (platform.state === 'standalone')
    return { level: 'info', subject, state: t('health.platform.standalone') }
  if (platform.state === 'connecting')
    return { level: 'info', subject, state: t('health.platform.connecting') }
  if (platform.state === 'unreachable')
    return {
      level: 'warning',
      subject,
      state: t('health.platform.unreachable', { since }),
      advice: t('health.platform.unreachableAdvice'),
      detail: platform.error,
    }
  if (platform.error === '')
    return { level: 'good', subject, state: t('health.platform.connected', { since }) }
  return {
    level: 'warning',
    subject,
    state: t('health.platform.refuses'),
    advice: t('health.platform.refusesAdvice'),
    detail: platform.error,
  }
}

function storageFindings({ storages, process }: ServicesStatus): readonly Finding[] {
  if (storages.length === 0)
    return [{ level: 'info', subject: t('health.storages.title'), state: t('health.storages.none') }]
  return storages.map((storage) =>
    spaceFinding(
      {
        subject: storage.name,
        isWritable: storage.is_writable,
        ...spaceOf(storage),
        minFreeBytes: process.min_free_bytes,
      },
      t('health.storages.advice', { directory: storage.directory }),
    ),
  )
}

function ftpFindings({ ftp, platform }: ServicesStatus): readonly Finding[] {
  const { passive_host: host, bindings } = ftp
  const subject = t('health.passive.subject')
  const passive: Finding =
    host === ''
      ? { level: 'info', subject, state: t('health.passive.none') }
      : platform.state !== 'standalone' && isPrivate(host)
        ? {
            level: 'warning',
            subject,
            state: t('health.passive.private', { host }),
            advice: t('health.passive.privateAdvice'),
          }
        : { level: 'good', subject, state: t('health.passive.host', { host }) }
  const isOpen = bindings.some(({ tls_mode: mode }) => mode === 0)
  const encryption: Finding = {
    level: isOpen ? 'info' : 'good',
    subject: t('health.encryption.subject'),
    state: isOpen ? t('health.encryption.optional') : t('health.encryption.required'),
  }
  return [passive, encryption]
}

/** An address that nobody outside the own network can reach. */
function isPrivate(host: string): boolean {
  return /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|localhost$)/i.test(host)
}

const certificateProblems: Readonly<Record<CertificateProblemName, MessageKey>> = {
  'not-complete': 'health.problem.notComplete',
  'not-readable': 'health.problem.notReadable',
  'key-not-readable': 'health.problem.keyNotReadable',
  'key-of-another': 'health.problem.keyOfAnother',
  'not-servable': 'health.problem.notServable',
  'certificate-missing': 'health.problem.certificateMissing',
  'key-missing': 'health.problem.keyMissing',
  'files-unreadable': 'health.problem.filesUnreadable',
  'files-gone': 'health.problem.filesGone',
  expired: 'health.problem.expired',
  'not-valid-yet': 'health.problem.notValidYet',
  'names-others': 'health.problem.namesOthers',
  'self-signed': 'health.problem.selfSigned',
}

type Certificate = ServicesStatus['certificates'][number]

function certificateFinding(certificate: Certificate, now: number): Finding {
  const { host, expires_at: expiresAt, is_self_signed: isSelfSigned, error, reason } = certificate
  const subject = host === '' ? t('health.certificate.anyHost') : host
  const values = { host: subject, date: formatDate(expiresAt) }
  const days = Math.ceil((expiresAt - now) / dayMs)
  const failed = {
    subject,
    ...(error === '' ? {} : { detail: reason === undefined ? error : t(certificateProblems[reason]) }),
  }
  const renew = { ...failed, advice: t('health.certificate.renew', values) }
  if (expiresAt === 0) return { ...renew, level: 'bad', state: t('health.certificate.none') }
  if (expiresAt <= now) return { ...renew, level: 'bad', state: t('health.certificate.expired', values) }
  if (isSelfSigned)
    return {
      ...failed,
      level: 'warning',
      state: t('health.certificate.selfSigned', values),
      advice: t('health.certificate.selfSignedAdvice', values),
    }
  if (error !== '') return { ...renew, level: 'warning', state: t('health.certificate.old', values) }
  if (expiresAt - now < warnBeforeMs)
    return { ...renew, level: 'warning', state: t('health.certificate.soon', { ...values, n: days }) }
  return { level: 'good', subject, state: t('health.certificate.good', values) }
}

function hostKeyFindings({ ssh }: ServicesStatus): readonly Finding[] {
  if (ssh.host_keys.length === 0)
    return [
      {
        level: 'bad',
        subject: t('health.hostKeys.title'),
        state: t('health.hostKeys.none'),
        advice: t('health.hostKeys.noneAdvice'),
      },
    ]
  return ssh.host_keys.flatMap(({ fingerprint, algorithms, path, next }): readonly Finding[] => {
    const subject = algorithms.join(', ')
    const one: Finding = { level: 'good', subject, state: t('health.hostKeys.one'), detail: fingerprint }
    if (!next) return [one]
    const values = { next: next.path, path }
    return [
      one,
      {
        level: 'info',
        subject: next.algorithms.join(', '),
        state: t('health.hostKeys.next'),
        advice: t('health.hostKeys.nextAdvice', values),
        detail: next.fingerprint,
      },
    ]
  })
}
