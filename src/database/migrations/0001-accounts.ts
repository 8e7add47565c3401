import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { EngineName } from '../engine.ts'
import { columnTypes } from './column-types.ts'

export function accounts(engine: EngineName): Migration {
  return {
    async up(db) {
      await createUsersAndFolders(db, engine)
      await createAdmins(db, engine)
      await createUnsettledAccounts(db, engine)
    },
  }
}

async function createUsersAndFolders(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const { id, int, text, strict } = columnTypes[engine]
  const usage = sql`
    used_quota_size ${int} default 0 check (used_quota_size >= 0),
    used_quota_files ${int} default 0 check (used_quota_files >= 0),
    last_quota_update ${int} default 0`
  await sql`
    create table users (
      id ${id},
      username ${text} unique,
      status ${text},
      email ${text},
      description ${text},
      additional_info ${text},
      expiration_date ${int},
      password_hash ${text},
      public_keys ${text},
      home_dir ${text},
      max_sessions ${int},
      quota_size ${int},
      quota_files ${int},
      ${usage},
      permissions ${text},
      upload_bandwidth ${int},
      download_bandwidth ${int},
      denied_login_methods ${text},
      denied_protocols ${text},
      file_patterns ${text},
      max_upload_file_size ${int},
      start_directory ${text},
      ftp_security ${text},
      created_at ${int},
      updated_at ${int},
      last_login ${int} default 0,
      last_password_change ${int},
      search_text ${text}
    ) ${strict}`.execute(db)
  await sql`
    create table folders (
      id ${id},
      name ${text} unique,
      mapped_path ${text},
      description ${text},
      ${usage},
      search_text ${text}
    ) ${strict}`.execute(db)
  await sql`
    create table user_folders (
      user_id ${int} references users (id) on delete cascade,
      folder_id ${int} references folders (id) on delete cascade,
      position ${int},
      virtual_path ${text},
      quota_size ${int},
      quota_files ${int},
      primary key (user_id, folder_id),
      unique (user_id, virtual_path)
    ) ${strict}`.execute(db)
  await sql`create index user_folders_by_folder on user_folders (folder_id)`.execute(db)
}

async function createAdmins(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const { id, int, text, strict } = columnTypes[engine]
  await sql`
    create table admins (
      id ${id},
      username ${text} unique,
      source ${text},
      status ${text},
      email ${text},
      description ${text},
      password_hash ${text},
      permissions ${text},
      created_at ${int},
      updated_at ${int},
      last_login ${int} default 0,
      search_text ${text}
    ) ${strict}`.execute(db)
  await sql`
    create table admin_tokens (
      token_hash ${text} primary key,
      admin_username ${text},
      created_at ${int},
      expires_at ${int}
    ) ${strict}`.execute(db)
  await sql`create index admin_tokens_by_admin on admin_tokens (admin_username)`.execute(db)
  await sql`create index admin_tokens_by_expiry on admin_tokens (expires_at)`.execute(db)
}

async function createUnsettledAccounts(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const { text, strict } = columnTypes[engine]
  await sql`
    create table unsettled_accounts (
      kind ${text},
      name ${text},
      primary key (kind, name)
    ) ${strict}`.execute(db)
}
