import type { PortChecks } from '../../../../contract/port-check.ts'
import { t } from '../../../shared/i18n.ts'
import type { Finding } from './finding.ts'

type Port = PortChecks['ports'][number]

/** Whether clients reach each port; data ports that fare the same are told together. */
export function portFindings({ host, ports }: PortChecks): readonly Finding[] {
  return groupsOf(ports).map((group) => {
    const [first] = group
    const numbers = rangesOf(group.map(({ port }) => port))
    const subject = t('health.port.subject', { service: serviceOf(first), ports: numbers })
    return { subject, ...stateOf(first, host, numbers) }
  })
}

/** [2100, 2101, 2102, 2200] → '2100–2102, 2200'. */
export function rangesOf(ports: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const port of ports.toSorted((one, other) => one - other)) {
    const last = ranges.at(-1)
    if (last && port <= last[1] + 1) last[1] = port
    else ranges.push([port, port])
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ')
}

function groupsOf(ports: readonly Port[]): readonly (readonly [Port, ...Port[]])[] {
  const groups = new Map<string, [Port, ...Port[]]>()
  for (const port of ports) {
    const { service, state, proxy } = port
    const key = service === 'FTP data' ? `${service} ${state} ${proxy}` : `${service} ${port.port}`
    const group = groups.get(key)
    if (group) group.push(port)
    else groups.set(key, [port])
  }
  return [...groups.values()]
}

function serviceOf({ service }: Port): string {
  return service === 'FTP data' ? t('health.port.data') : service
}

function stateOf({ proxy, state }: Port, host: string, ports: string): Omit<Finding, 'subject'> {
  const values = { host, ports }
  if (state === 'reachable') return { level: 'good', state: t('health.port.reachable', values) }
  const level = state === 'untested' ? 'warning' : 'bad'
  if (proxy === 'missing')
    return { level, state: t('health.port.missing'), advice: t('health.port.missingAdvice', values) }
  if (proxy === 'disabled')
    return { level, state: t('health.port.disabled'), advice: t('health.port.disabledAdvice', values) }
  if (state === 'silent')
    return { level, state: t('health.port.silent', values), advice: t('health.port.silentAdvice', values) }
  if (state === 'other')
    return { level, state: t('health.port.other', values), advice: t('health.port.otherAdvice', values) }
  if (state === 'refused')
    return {
      level,
      state: t('health.port.refused', values),
      advice:
        proxy === 'enabled'
          ? t('health.port.refusedAdvice', values)
          : t('health.port.refusedUnknownAdvice', values),
    }
  return { level: 'info', state: host === '' ? t('health.port.standalone') : t('health.port.untested') }
}
