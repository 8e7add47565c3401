import type { UserResource } from '../../../contract/user.ts'
import type { ConnectUser } from '../../shared/connect/connect-target.ts'
import type { UserDraft } from './user-draft.ts'

export function connectUserOf({ username, filters }: UserResource): ConnectUser {
  return {
    ...{ username, password: '' },
    deniedProtocols: filters.denied_protocols,
    deniedLoginMethods: filters.denied_login_methods,
    ftpSecurity: filters.ftp_security,
  }
}

/** With the password, which nobody is told later. */
export function connectUserOfDraft(draft: UserDraft): ConnectUser {
  const { password, deniedProtocols, deniedLoginMethods } = draft
  return {
    username: draft.username.trim(),
    ...{ password, deniedProtocols, deniedLoginMethods },
    ftpSecurity: Number(draft.ftpSecurity),
  }
}
