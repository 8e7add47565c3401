import { describe } from 'node:test'
import { adminRepositoryContract } from './admin-repository.contract.ts'
import { auditRepositoryContract } from './audit-repository.contract.ts'
import { backupRepositoryContract } from './backup-repository.contract.ts'
import { databaseContract } from './database.contract.ts'
import { folderRepositoryContract } from './folder-repository.contract.ts'
import { quotaRepositoryContract } from './quota-repository.contract.ts'
import type { OpenWorld } from './repository-world.ts'
import { secondFactorRepositoryContract } from './second-factor-repository.contract.ts'
import { settingsRepositoryContract } from './settings-repository.contract.ts'
import { userRepositoryContract } from './user-repository.contract.ts'

/** What every database must do; each test opens an empty one of its own. */
export function repositoriesContract(name: string, openWorld: OpenWorld): void {
  describe(`${name} database`, () => databaseContract(openWorld))
  describe(`${name} user repository`, () => userRepositoryContract(openWorld))
  describe(`${name} folder repository`, () => folderRepositoryContract(openWorld))
  describe(`${name} admin repository`, () => adminRepositoryContract(openWorld))
  describe(`${name} second factor repository`, () => secondFactorRepositoryContract(openWorld))
  describe(`${name} settings repository`, () => settingsRepositoryContract(openWorld))
  describe(`${name} backup repository`, () => backupRepositoryContract(openWorld))
  describe(`${name} quota repository`, () => quotaRepositoryContract(openWorld))
  describe(`${name} audit repository`, () => auditRepositoryContract(openWorld))
}
