import { serveAdminTokens } from './api/admin-tokens.ts'
import { serveAdmins } from './api/admins.ts'
import { serveBackups } from './api/backups.ts'
import { serveConnectInfo } from './api/connect.ts'
import { serveConnections } from './api/connections.ts'
import { serveDescription } from './api/description.ts'
import { serveEvents } from './api/events.ts'
import { serveFolders } from './api/folders.ts'
import { serveLive } from './api/live.ts'
import { serveMetrics } from './api/metrics.ts'
import { servePortChecks } from './api/port-checks.ts'
import { serveQuotaScans } from './api/quota-scans.ts'
import { serveSecondFactors } from './api/second-factors.ts'
import { serveSessions } from './api/sessions.ts'
import { serveSettings } from './api/settings.ts'
import { serveStatus } from './api/status.ts'
import { serveStorages } from './api/storages.ts'
import { serveTokens } from './api/tokens.ts'
import { serveUsers } from './api/users.ts'
import { serveUserApi } from './files/user-api.ts'
import type { BasePath } from './base-path.ts'
import type { ExpensiveRequests } from './expensive-requests.ts'
import type { HttpApp } from './http-app.ts'
import type { HttpServerOptions } from './http-server.ts'
import type { WebSessions } from './web-sessions.ts'

/** Every route below /api/v2. */
export function serveApi(
  app: HttpApp,
  options: HttpServerOptions & { readonly expensive: ExpensiveRequests },
  webSessions: WebSessions,
  basePath: BasePath,
): void {
  const { adminSignIn, accounts } = options
  serveSessions(app, { adminSignIn, accounts, webSessions, basePath })
  serveTokens(app, options.adminSignIn)
  serveAdmins(app, options.admins, adminSignIn)
  serveAdminTokens(app, adminSignIn)
  serveSecondFactors(app, options)
  serveSettings(app, options.settings, options.environment)
  serveBackups(app, options.backups, adminSignIn)
  serveUsers(app, options.accounts, options.quotaLedger)
  serveFolders(app, options.accounts, options.quotaLedger)
  serveConnections(app, options)
  serveLive(app, { ...options, timing: options.liveTiming })
  serveEvents(app, options)
  serveQuotaScans(app, options.quotaScanner)
  serveStatus(app, options.status, options.version)
  serveMetrics(app, options.metrics)
  serveStorages(app, options.storages)
  serveConnectInfo(app, options.connectInfo)
  servePortChecks(app, options.portChecks)
  serveUserApi(app, options)
  serveDescription(app)
}
