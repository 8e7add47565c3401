import { activity } from './activity.ts'
import { adminFrame } from './admin-frame.ts'
import { admins } from './admins.ts'
import { backups } from './backups.ts'
import { bulkUsers } from './bulk-users.ts'
import { connect } from './connect.ts'
import { firstSteps } from './first-steps.ts'
import { folders } from './folders.ts'
import { health } from './health.ts'
import { live } from './live.ts'
import { ownAccess } from './own-access.ts'
import { settings } from './settings.ts'
import { secondFactor } from './second-factor.ts'
import { refusals } from './refusals.ts'
import { shared } from './shared.ts'
import { userEditor } from './user-editor.ts'
import { users } from './users.ts'

export const messages = {
  ...shared,
  ...refusals,
  ...secondFactor,
  ...adminFrame,
  ...firstSteps,
  ...users,
  ...userEditor,
  ...bulkUsers,
  ...folders,
  ...connect,
  ...live,
  ...activity,
  ...health,
  ...backups,
  ...settings,
  ...admins,
  ...ownAccess,
}
