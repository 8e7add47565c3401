import { collectDefaultMetrics, Counter, Registry } from 'prom-client'
import type { LoginMethod } from '../../core/accounts/user.ts'
import type { ServerEvent } from '../../core/events/events.ts'
import type { ProcessSample } from '../../core/process-sample.ts'
import type { ClaimOutcome, MetricSources } from './metric-sources.ts'
import { StateMetrics } from './state-metrics.ts'
import { TransferMetrics } from './transfer-metrics.ts'

/** Part of SFTPGo's metric names that stands for a way to sign in. */
const methodNames = {
  publickey: 'public_key',
  password: 'password',
  'password-over-SSH': 'password',
  'keyboard-interactive': 'keyboard_interactive',
  'publickey+password': 'key_and_password',
  'publickey+keyboard-interactive': 'key_and_keyboard_int',
} as const satisfies Record<LoginMethod, string>

type MethodName = (typeof methodNames)[LoginMethod]

/**
 * Counts what happens, with SFTPGo's names where it has them. Labels take values of closed lists alone, never a
 * user's name or a path: a client cannot make the number of series grow.
 */
export class Metrics implements Disposable {
  readonly #registry = new Registry()
  readonly #subscription: Disposable
  readonly #uploads = this.#counter('sftpgo_uploads_total', 'Files that arrived')
  readonly #uploadErrors = this.#counter('sftpgo_upload_errors_total', 'Uploads that failed')
  readonly #uploadSize = this.#counter('sftpgo_upload_size', 'Bytes received')
  readonly #downloads = this.#counter('sftpgo_downloads_total', 'Files that were sent')
  readonly #downloadErrors = this.#counter('sftpgo_download_errors_total', 'Downloads that failed')
  readonly #downloadSize = this.#counter('sftpgo_download_size', 'Bytes sent')
  readonly #logins = new LoginCounters('login', (name, help) => this.#counter(name, help))
  readonly #loginsOf: ReadonlyMap<MethodName, LoginCounters>
  readonly #noAuth = this.#counter(
    'sftpgo_no_auth_total',
    'Connections of SSH and FTP that ended without an attempt to sign in',
  )
  readonly #httpRequests = this.#counter('sftpgo_http_req_total', 'HTTP requests answered')
  readonly #httpErrors = {
    client: this.#counter('sftpgo_http_client_errors_total', 'HTTP answers of 400 to 499'),
    server: this.#counter('sftpgo_http_server_errors_total', 'HTTP answers of 500 and over'),
  }
  readonly #sessions = this.#counter('sftpgo_sessions_total', 'Sessions opened', ['protocol'])
  readonly #refusedSignIns = this.#counter('sftpgo_sign_ins_refused_total', 'Sign-ins refused', [
    'protocol',
    'code',
  ])
  readonly #refusedOperations = this.#counter('sftpgo_operations_refused_total', 'File operations refused', [
    'protocol',
    'code',
  ])
  readonly #adminSignIns = this.#counter('sftpgo_admin_sign_ins_total', 'Sign-ins of admins', ['outcome'])
  readonly #transfers = new TransferMetrics(this.#registry)
  readonly #state: StateMetrics

  constructor(sources: MetricSources) {
    collectDefaultMetrics({ register: this.#registry })
    const names = new Set(Object.values(methodNames))
    const counter = (name: string, help: string) => this.#counter(name, help)
    this.#loginsOf = new Map([...names].map((name) => [name, new LoginCounters(`${name}_login`, counter)]))
    this.#state = new StateMetrics(this.#registry, sources)
    this.#subscription = sources.events.onAny((event) => this.#count(event))
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  countAnswer(statusCode: number): void {
    this.#httpRequests.inc()
    if (statusCode >= 500) this.#httpErrors.server.inc()
    else if (statusCode >= 400) this.#httpErrors.client.inc()
  }

  /** How a process fared in the last second; `worker` 0 is this one. */
  sample(worker: number, sample: ProcessSample): void {
    this.#state.sample(worker, sample)
  }

  /** The wait of an FTP client for a passive port has ended. */
  passiveClaim(outcome: ClaimOutcome, seconds: number): void {
    this.#state.passiveClaim(outcome, seconds)
  }

  /** A sign-in had to wait, in milliseconds. */
  loginDelayed(ms: number): void {
    this.#state.loginDelayed(ms)
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]()
    this.#registry.clear()
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] })
  }

  #count(event: ServerEvent): void {
    this.#transfers.count(event)
    switch (event.type) {
      case 'file-uploaded':
        this.#uploads.inc()
        this.#uploadSize.inc(event.bytes)
        return
      case 'upload-failed':
        this.#uploadErrors.inc()
        this.#uploadSize.inc(event.bytes)
        return
      case 'file-downloaded':
        this.#downloads.inc()
        this.#downloadSize.inc(event.bytes)
        return
      case 'download-failed':
        this.#downloadErrors.inc()
        this.#downloadSize.inc(event.bytes)
        return
      case 'session-opened':
        this.#sessions.inc({ protocol: event.actor.protocol })
        this.#logins.count(true)
        this.#loginsOf.get(methodNames[event.method])?.count(true)
        return
      case 'sign-in-refused':
        this.#refusedSignIns.inc({ protocol: event.protocol, code: event.code })
        this.#logins.count(false)
        this.#loginsOf.get(methodNames[event.method])?.count(false)
        return
      case 'client-left':
        this.#noAuth.inc()
        return
      case 'operation-refused':
        this.#refusedOperations.inc({ protocol: event.actor.protocol, code: event.code })
        return
      case 'admin-signed-in':
        this.#adminSignIns.inc({ outcome: 'ok' })
        return
      case 'admin-sign-in-refused':
        this.#adminSignIns.inc({ outcome: 'ko' })
        return
      default:
        return
    }
  }
}

/** Attempts, successes and failures, under SFTPGo's names. */
class LoginCounters {
  readonly #attempts: Counter
  readonly #ok: Counter
  readonly #ko: Counter

  constructor(name: string, counter: (name: string, help: string) => Counter) {
    this.#attempts = counter(`sftpgo_${name}_attempts_total`, `Sign-ins tried (${name})`)
    this.#ok = counter(`sftpgo_${name}_ok_total`, `Sign-ins that were right (${name})`)
    this.#ko = counter(`sftpgo_${name}_ko_total`, `Sign-ins that were refused (${name})`)
  }

  count(isRight: boolean): void {
    this.#attempts.inc()
    if (isRight) this.#ok.inc()
    else this.#ko.inc()
  }
}
