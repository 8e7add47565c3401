import type { Readable } from 'node:stream'
import type { FolderSettings } from '../accounts/folder.ts'
import type { Recounts } from '../accounts/counted-places.ts'
import type { FactorOwner } from '../accounts/second-factor.ts'
import type { UserSettings } from '../accounts/user.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { ConnectionRegistry } from '../connections/connection-registry.ts'
import { FileServerError, hasCode } from '../errors.ts'
import type { EventBus } from '../events/event-bus.ts'
import { KeyedLock } from '../files/keyed-lock.ts'
import type { LiveSettings } from '../settings/live-settings.ts'
import type { SecretBox } from '../auth/secret-box.ts'
import { decrypt, encrypt, isEncrypted } from './backup-cipher.ts'
import {
  hasTooManyValues,
  readDocument,
  writeDocument,
  type BackupContent,
  type BackupDocument,
} from './backup-document.ts'
import { adoptFactors, exposeFactors, unusableFactors } from './backup-factors.ts'
import { backupNameAt, checkBackupName, readBackupName } from './backup-name.ts'
import type { BackupRepository } from './backup-repository.ts'
import type { BackupStore, StoredBackup } from './backup-store.ts'
import { planRestore, type RestoreSteps, type Steps } from './restore-plan.ts'
import { accountsIn } from './restored-accounts.ts'

/** Larger ones are neither read nor made: all of it is held in memory. */
const maxBackupBytes = 64 * 1024 * 1024
const maxPassphraseLength = 1024
const maxAttempts = 100
const changesPerTurn = 100
const changed = { add: 'added', replace: 'replaced', remove: 'removed' } as const

export interface BackupEntry {
  readonly name: string
  /** Bytes. */
  readonly size: number
  readonly createdAt: number
  readonly isEncrypted: boolean
  readonly isScheduled: boolean
}

export interface PlannedChange {
  readonly kind: 'user' | 'folder' | 'admin' | 'setting'
  readonly name: string
  readonly change: 'add' | 'replace' | 'remove'
  /** What a replacement changes, by the API's names. */
  readonly fields: readonly string[]
}

export interface RestorePlan {
  /** When the backup was made. */
  readonly createdAt: number
  readonly changes: readonly PlannedChange[]
  readonly unchanged: number
  /** Accounts among those that change whose second factor this server's key cannot open: its codes cannot be checked. */
  readonly unusableFactors: readonly FactorOwner[]
}

export interface RestoreInput {
  readonly name: string
  /** '' for a backup that is not encrypted. */
  readonly passphrase: string
  /** Also removes what the backup does not hold; settings stay. */
  readonly removeOthers: boolean
}

export interface BackupParts {
  readonly store: BackupStore
  readonly repository: BackupRepository
  readonly settings: LiveSettings
  readonly connections: ConnectionRegistry
  readonly recounts: Recounts
  readonly events: EventBus
  /** Opens and seals the secrets of second factors. */
  readonly box: SecretBox
  /** Directories of the server below which accounts may live. */
  readonly roots: readonly string[]
  readonly serverVersion: string
  readonly clock?: Clock
}

/** Backups of all accounts and settings; never of files. One at a time is made, read or restored. */
export class BackupService {
  readonly #parts: BackupParts
  readonly #clock: Clock
  readonly #lock = new KeyedLock()

  constructor(parts: BackupParts) {
    this.#parts = parts
    this.#clock = parts.clock ?? systemClock
  }

  /** The newest first. */
  async list(): Promise<readonly BackupEntry[]> {
    const entries = (await this.#parts.store.list()).map(toEntry)
    return entries.sort((a, b) => b.createdAt - a.createdAt || (a.name < b.name ? 1 : -1))
  }

  /** `passphrase` of '' leaves it readable for everybody who gets the file. */
  make(admin: string, { passphrase = '', isScheduled = false } = {}): Promise<BackupEntry> {
    return this.#alone(async () => {
      checkPassphrase(passphrase)
      const { repository, events, serverVersion } = this.#parts
      const createdAt = this.#clock()
      const content = await repository.read()
      const box = passphrase === '' ? undefined : this.#parts.box
      const exposed = {
        ...content,
        users: exposeFactors(content.users, 'user', box),
        admins: exposeFactors(content.admins, 'admin', box),
      }
      const plain = writeDocument(exposed, { createdAt, serverVersion })
      if (plain.length > maxBackupBytes || hasTooManyValues(plain))
        throw new FileServerError('unsupported', 'A backup of so many accounts would be too large', {
          reason: 'backup-too-large',
        })
      const bytes = passphrase === '' ? plain : await encrypt(plain, passphrase)
      const kind = { isScheduled, isEncrypted: passphrase !== '' }
      const name = await this.#write(bytes, (attempt) => backupNameAt(createdAt, kind, attempt))
      events.emit({ type: 'backup-made', admin, name })
      return toEntry({ name, size: bytes.length, modifiedAt: createdAt })
    })
  }

  /** What restore() would do. @throws FileServerError 'invalid-argument', 'not-found', 'permission-denied' */
  plan(admin: string, input: RestoreInput): Promise<RestorePlan> {
    return this.#alone(async () => {
      const document = await this.#read(input)
      const present = await this.#parts.repository.read()
      return describe(document, this.#steps(admin, present, document, input), this.#parts.box)
    })
  }

  /** All of it or nothing; tells what was done. Users that change or go are disconnected. */
  restore(admin: string, input: RestoreInput): Promise<RestorePlan> {
    return this.#alone(async () => {
      const { repository, settings, recounts, events } = this.#parts
      const document = await this.#read(input)
      const done: { present: BackupContent; steps: RestoreSteps }[] = []
      await repository.restore((present) => {
        const steps = this.#steps(admin, present, document, input)
        done.push({ present, steps })
        return steps
      }, this.#clock())
      events.emit({ type: 'backup-restored', admin, name: input.name })
      const last = done.at(-1)
      if (!last) throw new Error('a restore without a plan')
      const gone = this.#disconnect(last.present, last.steps)
      void recounts.countSoon(accountsIn(last.present, last.steps), gone)
      await settings.reload()
      const restored = describe(document, last.steps, this.#parts.box)
      await this.#tell(admin, restored.changes)
      return restored
    })
  }

  async remove(admin: string, name: string): Promise<void> {
    checkBackupName(name)
    await this.#parts.store.remove(name)
    this.#parts.events.emit({ type: 'backup-removed', admin, name })
  }

  /** The same for an admin who gets it, which is told. @throws as open() does */
  async download(admin: string, name: string): ReturnType<BackupService['open']> {
    const opened = await this.open(name)
    this.#parts.events.emit({ type: 'backup-downloaded', admin, name })
    return opened
  }

  /** The file as it is. */
  async open(name: string): Promise<{ readonly size: number; readonly stream: Readable }> {
    checkBackupName(name)
    return this.#parts.store.open(name)
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#lock.run('backups', work)
  }

  async #read({ name, passphrase }: RestoreInput): Promise<BackupDocument> {
    checkBackupName(name)
    checkPassphrase(passphrase)
    const bytes = await this.#parts.store.read(name, maxBackupBytes + 1024)
    if (!isEncrypted(bytes)) return readDocument(bytes)
    if (passphrase === '')
      throw new FileServerError('invalid-argument', 'passphrase: this backup is encrypted', {
        field: 'passphrase',
        reason: 'passphrase-missing',
      })
    return readDocument(await decrypt(bytes, passphrase))
  }

  #steps(
    admin: string,
    present: BackupContent,
    document: BackupDocument,
    { removeOthers }: RestoreInput,
  ): RestoreSteps {
    const { roots, box } = this.#parts
    return planRestore(present, adoptFactors(present, document, box), { admin, removeOthers, roots })
  }

  async #write(bytes: Uint8Array, nameOf: (attempt: number) => string): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const name = nameOf(attempt)
      try {
        await this.#parts.store.write(name, bytes)
        return name
      } catch (error) {
        // Another one of the same second.
        if (!hasCode(error, 'already-exists') || attempt === maxAttempts) throw error
      }
    }
  }

  /** Each change by itself, as if the admin had made it by hand. Listeners get their turns: there may be thousands. */
  async #tell(admin: string, changes: readonly PlannedChange[]): Promise<void> {
    const { events } = this.#parts
    for (const [index, { kind, name, change }] of changes.entries()) {
      if (index % changesPerTurn === changesPerTurn - 1) await new Promise((resolve) => setImmediate(resolve))
      if (kind === 'setting') continue
      events.emit({ type: 'account-changed', admin, subject: kind, name, change: changed[change] })
    }
    const names = changes.filter(({ kind }) => kind === 'setting').map(({ name }) => name)
    if (names.length > 0) events.emit({ type: 'settings-changed', admin, names: names.sort() })
  }

  /** Their sessions would go on with the old rights, or in the old directory. Settles when they have left. */
  #disconnect(present: BackupContent, { users, folders }: RestoreSteps): Promise<void> {
    const moved = new Set(
      [...folders.replace.map(({ before }) => before), ...folders.remove].map(({ name }) => name),
    )
    const affected = [
      ...users.replace.map(({ before }) => before),
      ...users.remove,
      ...present.users.filter((user) => user.folders.some(({ folderName }) => moved.has(folderName))),
    ]
    const { connections } = this.#parts
    const usernames = new Set(affected.map((user) => user.username))
    for (const username of usernames) connections.disconnectUser(username, 'a backup was restored')
    return connections.gone(({ username }) => usernames.has(username))
  }
}

function toEntry({ name, size, modifiedAt }: StoredBackup): BackupEntry {
  const { createdAt = modifiedAt, isScheduled, isEncrypted: hasPassphrase } = readBackupName(name)
  return { name, size, createdAt, isScheduled, isEncrypted: hasPassphrase }
}

function describe({ createdAt }: BackupDocument, steps: RestoreSteps, box: SecretBox): RestorePlan {
  const { folders, users, admins, settings } = steps
  return {
    createdAt,
    changes: [
      ...changesOf('folder', folders, ({ name }: FolderSettings) => name),
      ...changesOf('user', users, ({ username }: UserSettings) => username),
      ...changesOf('admin', admins, ({ username }) => username),
      ...[...settings.add.keys()].map((name) => changeOf('setting', name, 'add')),
      ...[...settings.replace.keys()].map((name) => changeOf('setting', name, 'replace')),
    ],
    unchanged: folders.unchanged + users.unchanged + admins.unchanged + settings.unchanged,
    unusableFactors: unusableFactors(steps, box),
  }
}

function changesOf<T>(
  kind: PlannedChange['kind'],
  { add, replace, remove }: Steps<T>,
  nameOf: (settings: T) => string,
): PlannedChange[] {
  return [
    ...add.map((settings) => changeOf(kind, nameOf(settings), 'add')),
    ...replace.map(({ after, fields }) => changeOf(kind, nameOf(after), 'replace', fields)),
    ...remove.map((settings) => changeOf(kind, nameOf(settings), 'remove')),
  ]
}

function changeOf(
  kind: PlannedChange['kind'],
  name: string,
  change: PlannedChange['change'],
  fields: readonly string[] = [],
): PlannedChange {
  return { kind, name, change, fields }
}

function checkPassphrase(passphrase: string): void {
  if (passphrase.length > maxPassphraseLength)
    throw new FileServerError('invalid-argument', 'passphrase: is too long', { field: 'passphrase' })
}
