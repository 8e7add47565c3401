import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readConfig } from '../../src/config/config.ts'
import { liveDefaults } from '../../src/config/live-defaults.ts'
import type { Recounts } from '../../src/core/accounts/counted-places.ts'
import { BackupService } from '../../src/core/backups/backup-service.ts'
import { silentLog } from '../../src/core/log.ts'
import { LiveSettings } from '../../src/core/settings/live-settings.ts'
import { BackupFiles } from '../../src/storage/local/backup-files.ts'
import type { CoreWorld } from './core-fixture.ts'

/** Backups of a world, in a directory of it; `serviceWith` another box is a server with another secret key. */
export async function backupsOf(
  world: CoreWorld,
  recounts: Recounts = { countSoon: () => Promise.resolve() },
) {
  const directory = join(world.directory, 'backups')
  await mkdir(directory)
  const { bus: events, connections, clock, database, box } = world
  const base = liveDefaults(readConfig({}))
  const parts = { repository: database.settings, base, box, events, log: silentLog }
  const settings = await LiveSettings.load(parts)
  const serviceWith = (ofBox: typeof box) =>
    new BackupService({
      store: new BackupFiles({ directory, root: directory }),
      repository: database.backups,
      ...{ settings, connections, recounts, events, clock, box: ofBox },
      ...{ roots: [world.storageRoot], serverVersion: '3.0.0-test' },
    })
  return { directory, settings, serviceWith }
}
