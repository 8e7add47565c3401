import { Type, type Static } from 'typebox'

/** Where a user can want a code; for admins it is HTTP. */
export const factorProtocol = Type.Enum(['SSH', 'FTP', 'HTTP'], { title: 'MFAProtocol' })

/** Of users and admins, as admins see it: never the secret. */
export const totpConfig = Type.Object(
  {
    enabled: Type.Boolean(),
    config_name: Type.String({ description: 'Empty when it is not enabled.' }),
    protocols: Type.Array(factorProtocol, { description: 'Where the code is asked for.' }),
  },
  {
    title: 'TOTPConfig',
    description: 'Its owner turns it on and off under `/totp`; here it is read only.',
  },
)
export type TotpConfigResource = Static<typeof totpConfig>

export const recoveryCode = Type.Object(
  { used: Type.Boolean() },
  { title: 'RecoveryCode', description: 'The code itself was shown when it was made, and is not kept.' },
)
export type RecoveryCodeResource = Static<typeof recoveryCode>

/** Part of `filters` of users and admins. */
export const factorFilters = {
  totp_config: totpConfig,
  recovery_codes: Type.Array(recoveryCode),
}

export const totpAlgorithm = Type.Object(
  {
    name: Type.String(),
    issuer: Type.String({ description: 'What authenticator apps show.' }),
    algo: Type.Enum(['sha1']),
  },
  { title: 'TOTPAlgorithm' },
)

const configName = Type.Optional(Type.Enum(['Default'], { description: 'There is one.' }))
const passcode = Type.String({ maxLength: 64 })
const password = Type.Optional(Type.String({ maxLength: 1024 }))

export const totpGenerateRequest = Type.Object({ config_name: configName }, { title: 'TOTPGenerateRequest' })

export const totpSecret = Type.Object(
  {
    config_name: Type.String(),
    issuer: Type.String(),
    secret: Type.String({ description: 'Base32, shown this once.' }),
    url: Type.String({ description: 'otpauth://…, the text for a QR code.' }),
  },
  { title: 'TOTPSecret' },
)
export type TotpSecretResource = Static<typeof totpSecret>

export const totpValidateRequest = Type.Object(
  {
    config_name: configName,
    secret: Type.Optional(Type.String({ maxLength: 64, description: 'The one that was made last.' })),
    passcode,
  },
  { title: 'TOTPValidateRequest' },
)

export const totpSaveRequest = Type.Object(
  {
    enabled: Type.Boolean(),
    config_name: configName,
    secret: Type.Optional(
      Type.Object(
        { status: Type.Optional(Type.String()), payload: Type.Optional(Type.String({ maxLength: 64 })) },
        { description: 'The one that was made last, as `payload`.' },
      ),
    ),
    protocols: Type.Optional(Type.Array(factorProtocol, { maxItems: 3, description: 'For users.' })),
    passcode: Type.Optional(passcode),
    password,
  },
  {
    title: 'TOTPSaveRequest',
    description:
      'To turn it on: a code by `passcode`, unless `validate` has taken one. To turn it off, or to change `protocols`: ' +
      '`password` or `passcode`.',
  },
)
export type TotpSaveRequest = Static<typeof totpSaveRequest>

export const totpSaved = Type.Object(
  {
    message: Type.String(),
    recovery_codes: Type.Optional(
      Type.Array(Type.String(), { description: 'When it was turned on: shown this once, each good once.' }),
    ),
  },
  { title: 'TOTPSaved' },
)
export type TotpSaved = Static<typeof totpSaved>

export const ownershipRequest = Type.Object(
  { password, passcode: Type.Optional(passcode) },
  { title: 'OwnershipRequest', description: 'One of the two.' },
)
export type OwnershipRequest = Static<typeof ownershipRequest>

/** What owners see of their own. */
export const secondFactorState = Type.Object(
  {
    ...totpConfig.properties,
    recovery_codes_left: Type.Integer({ minimum: 0 }),
  },
  { title: 'SecondFactorState' },
)
export type SecondFactorState = Static<typeof secondFactorState>
