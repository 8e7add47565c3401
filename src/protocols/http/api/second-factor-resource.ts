import type {
  RecoveryCodeResource,
  SecondFactorState,
  TotpConfigResource,
} from '../../../contract/second-factor.ts'
import type { SecondFactor } from '../../../core/accounts/second-factor.ts'
import { recoveryCodeCount } from '../../../core/auth/recovery-codes.ts'

/** The only name of a configuration, as SFTPGo has it without settings. */
export const configName = 'Default'

/** For `filters` of users and admins. */
export function fromSecondFactor(factor: SecondFactor | undefined): {
  totp_config: TotpConfigResource
  recovery_codes: RecoveryCodeResource[]
} {
  const left = factor?.recoveryCodes.length ?? 0
  const total = factor ? recoveryCodeCount : 0
  return {
    totp_config: toConfig(factor),
    recovery_codes: Array.from({ length: total }, (_, index) => ({ used: index >= left })),
  }
}

export function toState(factor: SecondFactor | undefined): SecondFactorState {
  return { ...toConfig(factor), recovery_codes_left: factor?.recoveryCodes.length ?? 0 }
}

function toConfig(factor: SecondFactor | undefined): TotpConfigResource {
  return {
    enabled: factor !== undefined,
    config_name: factor ? configName : '',
    protocols: [...(factor?.protocols ?? [])],
  }
}
