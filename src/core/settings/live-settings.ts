import type { SecretBox } from '../auth/secret-box.ts'
import { FileServerError } from '../errors.ts'
import type { EventBus } from '../events/event-bus.ts'
import { KeyedLock } from '../files/keyed-lock.ts'
import type { Log } from '../log.ts'
import { isPlainPassphrase, openPassphrase, passphraseName, sealPassphrase } from './kept-passphrase.ts'
import {
  isSettingName,
  settingNames,
  withSetting,
  type LiveValues,
  type SettingName,
  type SettingOverrides,
} from './setting-rules.ts'
import type { SettingsRepository } from './settings-repository.ts'

const maxPassphraseLength = 1024

export interface LiveSettingsParts {
  readonly repository: SettingsRepository
  /** What the environment says, or the product's defaults. */
  readonly base: LiveValues
  /** Seals the passphrase. */
  readonly box: SecretBox
  readonly events: EventBus
  readonly log: Log
}

export interface SettingsInput {
  readonly set: Readonly<Record<string, unknown>>
  /** Names that go back to the environment's value. */
  readonly reset?: readonly string[]
  /** For scheduled backups; '' ends their encryption. */
  readonly passphrase?: string | undefined
}

/** The settings in force: the environment's, overlaid by what admins changed. Whoever reads `current` is up to date. */
export class LiveSettings {
  readonly #parts: LiveSettingsParts
  readonly #lock = new KeyedLock()
  /** '' for none; undefined for one that cannot be opened. */
  #passphrase: string | undefined = ''
  #current: LiveValues
  #onChange: (values: LiveValues) => void = () => {}

  private constructor(parts: LiveSettingsParts) {
    this.#parts = parts
    this.#current = parts.base
  }

  static async load(parts: LiveSettingsParts): Promise<LiveSettings> {
    const settings = new LiveSettings(parts)
    await settings.reload()
    await settings.#sealOld()
    return settings
  }

  get current(): LiveValues {
    return this.#current
  }

  /** `listener` is told all values whenever they may have changed. */
  tell(listener: (values: LiveValues) => void): void {
    this.#onChange = listener
  }

  /** Names that differ from the environment. */
  get changed(): readonly SettingName[] {
    return settingNames.filter((name) => this.#current[name] !== this.#parts.base[name])
  }

  /** Whether scheduled backups are to be encrypted. */
  get hasBackupPassphrase(): boolean {
    return this.#passphrase !== ''
  }

  /**
   * '' when scheduled backups are not encrypted. Secret.
   * @throws FileServerError 'storage-failure' when it cannot be opened: no backup is better than one in clear
   */
  get backupPassphrase(): string {
    if (this.#passphrase !== undefined) return this.#passphrase
    throw new FileServerError(
      'storage-failure',
      'The passphrase of scheduled backups was sealed with another secret.key: set it again',
    )
  }

  /** All or nothing. @throws FileServerError 'invalid-argument' with its field */
  change(admin: string, input: SettingsInput): Promise<void> {
    return this.#lock.run('settings', async () => {
      const changes = this.#checked(input)
      if (changes.size === 0) return
      await this.#parts.repository.save(changes)
      this.#take(await this.#parts.repository.list())
      this.#parts.events.emit({ type: 'settings-changed', admin, names: [...changes.keys()].sort() })
    })
  }

  /** Takes what the database holds, after somebody else wrote there. */
  reload(): Promise<void> {
    return this.#lock.run('settings', async () => this.#take(await this.#parts.repository.list()))
  }

  #checked({ set, reset = [], passphrase }: SettingsInput): Map<string, unknown> {
    const changes = new Map<string, unknown>()
    for (const [name, value] of Object.entries(set)) {
      if (!isSettingName(name) || !withSetting({}, name, value)) throw invalid(`set.${name}`)
      // The environment's own value is no change: a later environment shall hold.
      changes.set(name, value === this.#parts.base[name] ? undefined : value)
    }
    for (const name of reset) {
      if (!isSettingName(name) || Object.hasOwn(set, name)) throw invalid('reset')
      changes.set(name, undefined)
    }
    if (passphrase !== undefined) {
      if (passphrase.length > maxPassphraseLength) throw invalid(passphraseName)
      changes.set(passphraseName, passphrase === '' ? undefined : sealPassphrase(this.#parts.box, passphrase))
    }
    return changes
  }

  /** One of a version before this is sealed at the first start; it is in use meanwhile. */
  #sealOld(): Promise<void> {
    return this.#lock.run('settings', async () => {
      const { repository, box } = this.#parts
      const stored = (await repository.list()).get(passphraseName)
      if (!isPlainPassphrase(stored)) return
      await repository.save(new Map([[passphraseName, sealPassphrase(box, stored)]]))
      this.#take(await repository.list())
    })
  }

  /** What cannot be read is left out and told: a server with the environment's value is better than none. */
  #take(stored: ReadonlyMap<string, unknown>): void {
    let overrides: SettingOverrides = {}
    for (const name of settingNames) {
      if (!stored.has(name)) continue
      const next = withSetting(overrides, name, stored.get(name))
      if (next) overrides = next
      else this.#parts.log.warn({ setting: name }, 'stored setting cannot be read')
    }
    this.#passphrase = openPassphrase(this.#parts.box, stored.get(passphraseName))
    if (this.#passphrase === undefined)
      this.#parts.log.warn({ setting: passphraseName }, 'stored setting cannot be read')
    this.#current = Object.freeze({ ...this.#parts.base, ...overrides })
    this.#onChange(this.#current)
  }
}

function invalid(field: string): FileServerError {
  return new FileServerError('invalid-argument', `${field}: cannot have this value`, {
    field,
    reason: 'setting-value',
  })
}
