import { FileServerError } from '../errors.ts'
import type { EventBus } from '../events/event-bus.ts'
import { KeyedLock } from '../files/keyed-lock.ts'
import type { Log } from '../log.ts'
import {
  isSettingName,
  settingNames,
  withSetting,
  type LiveValues,
  type SettingName,
  type SettingOverrides,
} from './setting-rules.ts'
import type { SettingsRepository } from './settings-repository.ts'

/** Stored beside the settings; it is never answered, and no backup holds it. */
export const passphraseName = 'backup_passphrase'
const maxPassphraseLength = 1024

export interface LiveSettingsParts {
  readonly repository: SettingsRepository
  /** What the environment says, or the product's defaults. */
  readonly base: LiveValues
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
  #passphrase = ''
  #current: LiveValues
  #onChange: (values: LiveValues) => void = () => {}

  private constructor(parts: LiveSettingsParts) {
    this.#parts = parts
    this.#current = parts.base
  }

  static async load(parts: LiveSettingsParts): Promise<LiveSettings> {
    const settings = new LiveSettings(parts)
    await settings.reload()
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

  /** '' when scheduled backups are not encrypted. Secret. */
  get backupPassphrase(): string {
    return this.#passphrase
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
      changes.set(passphraseName, passphrase === '' ? undefined : passphrase)
    }
    return changes
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
    const passphrase = stored.get(passphraseName)
    this.#passphrase = typeof passphrase === 'string' ? passphrase : ''
    this.#current = Object.freeze({ ...this.#parts.base, ...overrides })
    this.#onChange(this.#current)
  }
}

function invalid(field: string): FileServerError {
  return new FileServerError('invalid-argument', `${field}: cannot have this value`, { field })
}
