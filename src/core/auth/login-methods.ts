import type { SecondFactor } from '../accounts/second-factor.ts'
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

/** The second factor that a sign-in with a password over `protocol` needs; a key is enough by itself. */
export function factorFor(user: User | undefined, protocol: LoginProtocol): SecondFactor | undefined {
  return user?.secondFactor?.protocols.includes(protocol) ? user.secondFactor : undefined
}

/**
 * With what a sign-in goes on after a right key: nothing when keys are enough or no second step is left. By 'password' SSH
 * has no way to ask for a code.
 */
export function stepsAfterKey(user: User): NextMethod[] {
  const denied = user.deniedLoginMethods
  const steps: NextMethod[] = []
  if (!denied.includes('publickey+password') && !factorFor(user, 'SSH')) steps.push('password')
  if (!denied.includes('publickey+keyboard-interactive')) steps.push('keyboard-interactive')
  return steps
}

/** The name of the second step after a key, as denied_login_methods and events know it. */
export function multiStepMethod(second: 'password' | 'keyboard-interactive'): LoginMethod {
  return second === 'password' ? 'publickey+password' : 'publickey+keyboard-interactive'
}
