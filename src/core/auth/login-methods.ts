import type { LoginMethod, LoginProtocol, User } from '../accounts/user.ts'
import type { SessionProtocol } from '../events/events.ts'
import type { NextMethod } from './credentials.ts'

/** SFTP, SCP and SSH commands are one protocol to whoever denies it. */
export function loginProtocolOf(protocol: SessionProtocol): LoginProtocol {
  return protocol === 'FTP' || protocol === 'HTTP' ? protocol : 'SSH'
}

/** True when a single `method` is enough for `user` to sign in over `protocol`. */
export function isMethodEnough(user: User, protocol: LoginProtocol, method: NextMethod): boolean {
  const denied = user.deniedLoginMethods
  if (denied.includes(method)) return false
  return !(method === 'password' && protocol === 'SSH' && denied.includes('password-over-SSH'))
}

/** With what a sign-in goes on after a right key: nothing when keys are enough or no second step is left. */
export function stepsAfterKey(user: User): NextMethod[] {
  const denied = user.deniedLoginMethods
  const steps: NextMethod[] = []
  if (!denied.includes('publickey+password')) steps.push('password')
  if (!denied.includes('publickey+keyboard-interactive')) steps.push('keyboard-interactive')
  return steps
}

/** The name of the second step after a key, as denied_login_methods and events know it. */
export function multiStepMethod(second: 'password' | 'keyboard-interactive'): LoginMethod {
  return second === 'password' ? 'publickey+password' : 'publickey+keyboard-interactive'
}
