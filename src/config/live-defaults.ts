import type { LiveValues } from '../core/settings/setting-rules.ts'
import type { Config } from './config.ts'

/** What holds until an admin changes it: the environment's values, and the product's where it has no variable. */
export function liveDefaults({ sftp, ftp, limits }: Config): LiveValues {
  return {
    sftp_banner: sftp.banner ?? '',
    ftp_tls: ftp.tls,
    max_connections: limits.maxConnections,
    login_grace: limits.loginGraceMs / 1000,
    idle_timeout: limits.idleTimeoutMs / 1000,
    max_auth_tries: limits.maxAuthTries,
    audit_retention_days: 90,
    // Backups hold password hashes and lie where the console shows them: an admin decides on a schedule and a passphrase.
    backup_interval_hours: 0,
    backup_keep: 7,
  }
}
