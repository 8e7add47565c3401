import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PortChecks } from '../../../../contract/port-check.ts'
import type { ServicesStatus } from '../../../../contract/server-status.ts'
import { byLevel, verdictOf, type Finding } from './finding.ts'
import { portFindings, rangesOf } from './port-findings.ts'
import { spaceFinding } from './space-finding.ts'
import { statusSections } from './status-findings.ts'

// Texts are not loaded here: each is shown as its name.

const now = 1_800_000_000_000
const day = 24 * 60 * 60_000
const off = { is_active: false }
const gib = 1024 ** 3

const healthy: ServicesStatus = {
  process: {
    version: '3.0.0',
    started_at: now - day,
    now,
    memory_bytes: 1,
    min_free_bytes: 0,
    data_directory: { directory: '/d', free_bytes: 50 * gib, total_bytes: 100 * gib, error: '' },
  },
  ssh: {
    is_active: true,
    bindings: [{ address: '::', port: 2022 }],
    host_keys: [{ path: '/k', fingerprint: 'SHA256:x', algorithms: ['ssh-ed25519'] }],
    ssh_commands: [],
    authentications: [],
  },
  ftp: {
    is_active: true,
    bindings: [{ address: '::', port: 2121, tls_mode: 1 }],
    passive_port_range: { start: 0, end: 0 },
    passive_ports: [],
    passive_host: 'files.example.com',
  },
  webdav: { is_active: false, bindings: [] },
  http: { is_active: true, bindings: [{ address: '::', port: 8080 }], base_path: '/' },
  workers: { configured: 2, running: 2, restarts: 0, hangs: 0 },
  audit_log: { queued: 3, lost: 0 },
  data_provider: { is_active: true, driver: 'sqlite', error: '' },
  ...{ defender: off, mfa: off, allow_list: off, rate_limiters: off },
  platform: { state: 'connected', since: now, error: '' },
  storages: [
    {
      name: 'S',
      directory: '/s',
      is_writable: true,
      free_bytes: 50 * gib,
      total_bytes: 100 * gib,
      error: '',
    },
  ],
  certificates: [{ host: 'a.example.com', expires_at: now + 60 * day, is_self_signed: false, error: '' }],
}

const findings = (change: Partial<ServicesStatus>) =>
  statusSections({ ...healthy, ...change }).flatMap((section) => section.findings)
const problems = (change: Partial<ServicesStatus>) =>
  findings(change).filter(({ level }) => level === 'warning' || level === 'bad')
const toldOf = (change: Partial<ServicesStatus>) =>
  problems(change).map(({ level, state, advice }) => [level, state, advice])

describe('status', () => {
  it('finds nothing wrong with a healthy server', () => {
    assert.deepEqual(problems({}), [])
    assert.equal(verdictOf(statusSections(healthy)).level, 'good')
  })

  it('tells a service that does not listen', () => {
    assert.deepEqual(toldOf({ ssh: { ...healthy.ssh, is_active: false } }), [
      ['bad', 'health.service.stopped', 'health.service.stoppedAdvice'],
    ])
  })

  it('tells a database that is away, in its own words', () => {
    const [problem] = problems({ data_provider: { is_active: false, driver: 'postgresql', error: 'no' } })
    assert.equal(problem?.state, 'health.database.away')
    assert.equal(problem.detail, 'no')
  })

  it('tells workers that are missing or were replaced', () => {
    const workers = (change: object) => toldOf({ workers: { ...healthy.workers, ...change } })[0]?.slice(0, 2)
    assert.deepEqual(workers({ running: 0 }), ['bad', 'health.workers.missing'])
    assert.deepEqual(workers({ running: 1 }), ['warning', 'health.workers.missing'])
    const replaced = findings({ workers: { ...healthy.workers, restarts: 1 } })
    assert.ok(replaced.some(({ level, state }) => level === 'info' && state === 'health.workers.restarted'))
  })

  it('tells an activity log that waits or has lost something', () => {
    const audit = (change: object) =>
      toldOf({ audit_log: { ...healthy.audit_log, ...change } })[0]?.slice(0, 2)
    assert.deepEqual(audit({ queued: 1_001 }), ['warning', 'health.audit.waits'])
    assert.deepEqual(audit({ lost: 1 }), ['bad', 'health.audit.lost'])
  })

  it('tells a platform that is away or refuses', () => {
    assert.deepEqual(toldOf({ platform: { state: 'unreachable', since: 1, error: 'x' } }), [
      ['warning', 'health.platform.unreachable', 'health.platform.unreachableAdvice'],
    ])
    assert.deepEqual(toldOf({ platform: { state: 'connected', since: 1, error: 'x' } }), [
      ['warning', 'health.platform.refuses', 'health.platform.refusesAdvice'],
    ])
    assert.deepEqual(toldOf({ platform: { state: 'standalone', since: 1, error: '' } }), [])
  })

  it('tells certificates that are missing, over, forgotten, rejected or self-signed', () => {
    const certificate = (change: object) =>
      toldOf({
        certificates: [
          { host: 'h', expires_at: now + 60 * day, is_self_signed: false, error: '', ...change },
        ],
      })[0]?.slice(0, 2)
    assert.deepEqual(certificate({ expires_at: 0 }), ['bad', 'health.certificate.none'])
    assert.deepEqual(certificate({ expires_at: now - 1 }), ['bad', 'health.certificate.expired'])
    assert.deepEqual(certificate({ expires_at: now + 13 * day }), ['warning', 'health.certificate.soon'])
    assert.equal(certificate({ expires_at: now + 14 * day }), undefined)
    assert.deepEqual(certificate({ error: 'bad key' }), ['warning', 'health.certificate.old'])
    assert.deepEqual(certificate({ is_self_signed: true, error: 'none found' }), [
      'warning',
      'health.certificate.selfSigned',
    ])
  })

  it('tells a passive address that nobody outside can reach', () => {
    const passive = (host: string) => toldOf({ ftp: { ...healthy.ftp, passive_host: host } })
    for (const host of ['10.1.2.3', '127.0.0.1', '172.20.0.1', '192.168.1.1', 'localhost'])
      assert.equal(passive(host)[0]?.[1], 'health.passive.private', host)
    for (const host of ['8.8.8.8', '172.32.0.1', 'files.example.com', '']) assert.deepEqual(passive(host), [])
  })

  it('tells missing host keys, and shows the fingerprints of those there are', () => {
    assert.equal(toldOf({ ssh: { ...healthy.ssh, host_keys: [] } })[0]?.[1], 'health.hostKeys.none')
    assert.ok(findings({}).some(({ detail }) => detail === 'SHA256:x'))
  })

  it('tells a host key that is announced and not used yet, and what to do with it', () => {
    const key = { path: '/k', fingerprint: 'SHA256:x', algorithms: ['ssh-ed25519'] }
    const next = { ...key, path: '/k.next', fingerprint: 'SHA256:y' }
    const all = findings({ ssh: { ...healthy.ssh, host_keys: [{ ...key, next }] } })
    const [one, other] = all.filter(({ subject }) => subject === 'ssh-ed25519')
    assert.deepEqual([one?.state, one?.detail], ['health.hostKeys.one', 'SHA256:x'])
    assert.deepEqual(
      [other?.level, other?.state, other?.advice, other?.detail],
      ['info', 'health.hostKeys.next', 'health.hostKeys.nextAdvice', 'SHA256:y'],
    )
  })
})

describe('space', () => {
  const space = (change: object) => {
    const plain = { isWritable: true, freeBytes: 50 * gib, totalBytes: 100 * gib, minFreeBytes: 0, error: '' }
    const { level, state } = spaceFinding({ subject: 's', ...plain, ...change }, 'advice')
    return [level, state]
  }

  it('is fine while enough is left', () => {
    assert.deepEqual(space({}), ['good', 'health.space.good'])
    assert.deepEqual(space({ freeBytes: 0, totalBytes: 0 }), ['good', 'health.space.writable'])
  })

  it('is low under a tenth of the disk or a GiB', () => {
    assert.deepEqual(space({ freeBytes: 9.9 * gib }), ['warning', 'health.space.low'])
    assert.deepEqual(space({ freeBytes: 0.9 * gib, totalBytes: 2 * gib }), ['warning', 'health.space.low'])
  })

  it('is full when uploads stop', () => {
    assert.deepEqual(space({ freeBytes: gib, minFreeBytes: 2 * gib }), ['bad', 'health.space.full'])
    assert.deepEqual(space({ freeBytes: 0 }), ['bad', 'health.space.full'])
  })

  it('is missing for a storage that is not mounted', () => {
    const change = { isWritable: false, freeBytes: 0, totalBytes: 0, error: 'x' }
    assert.deepEqual(space(change), ['warning', 'health.space.missing'])
  })

  it('cannot be used when it is read-only or broken', () => {
    assert.deepEqual(space({ isWritable: false, error: 'x' }), ['bad', 'health.space.readOnly'])
    assert.deepEqual(space({ error: 'x' }), ['bad', 'health.space.broken'])
  })
})

describe('ports', () => {
  type Port = PortChecks['ports'][number]
  const found = (host: string, ...ports: readonly Partial<Port>[]) =>
    portFindings({
      host,
      checked_at: now,
      ports: ports.map((port) => ({
        ...{ port: 2022, service: 'SFTP', proxy: 'enabled', state: 'reachable' },
        ...port,
      })),
    })
  const told = (port: Partial<Port>, host = 'h') => {
    const [finding] = found(host, port)
    return [finding?.level, finding?.state, finding?.advice]
  }

  it('are good when they are reachable, whatever the platform says', () => {
    assert.deepEqual(told({ proxy: 'missing' }), ['good', 'health.port.reachable', undefined])
  })

  it('need a proxy that is there and enabled', () => {
    assert.deepEqual(told({ state: 'refused', proxy: 'missing' }).slice(0, 2), ['bad', 'health.port.missing'])
    assert.deepEqual(told({ state: 'refused', proxy: 'disabled' }).slice(0, 2), [
      'bad',
      'health.port.disabled',
    ])
    assert.deepEqual(told({ state: 'untested', proxy: 'missing' })[0], 'warning')
  })

  it('come with an advice when they are not reachable', () => {
    assert.deepEqual(told({ state: 'refused' })[2], 'health.port.refusedAdvice')
    assert.deepEqual(told({ state: 'refused', proxy: 'unknown' })[2], 'health.port.refusedUnknownAdvice')
    assert.deepEqual(told({ state: 'silent' })[2], 'health.port.silentAdvice')
    assert.deepEqual(told({ state: 'other' })[2], 'health.port.otherAdvice')
  })

  it('are not judged when they were not tested', () => {
    assert.deepEqual(told({ state: 'untested' }), ['info', 'health.port.untested', undefined])
    assert.deepEqual(told({ state: 'untested', proxy: 'unknown' }, ''), [
      'info',
      'health.port.standalone',
      undefined,
    ])
  })

  it('for data are told together when they fare the same', () => {
    const data = (port: number, state: Port['state']) => ({ port, service: 'FTP data' as const, state })
    assert.equal(found('h', data(1, 'reachable'), data(2, 'reachable'), data(3, 'silent')).length, 2)
    assert.equal(rangesOf([2102, 2100, 2101, 2200]), '2100–2102, 2200')
  })
})

it('puts the worst first', () => {
  const of = (level: Finding['level']): Finding => ({ level, subject: level, state: '' })
  assert.deepEqual(
    byLevel([of('good'), of('bad'), of('info'), of('warning')]).map(({ level }) => level),
    ['bad', 'warning', 'info', 'good'],
  )
})
