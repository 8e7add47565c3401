import type { Config } from './config/config.ts'
import { LocalStorageProvider } from './storage/local/local-storage.ts'

/**
 * The disk as the place of users' files. With a platform the storages are its own, `sftpgo_data` too, which bootstrap() makes before
 * anybody is served; without one every directory is made where it is missing.
 */
export function localStorages({ platform, storagesDir }: Pick<Config, 'platform' | 'storagesDir'>) {
  return new LocalStorageProvider(platform && storagesDir)
}
