import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { apiMessage } from '../../../contract/api-answer.ts'
import {
  ownershipRequest,
  recoveryCode,
  secondFactorState,
  totpAlgorithm,
  totpGenerateRequest,
  totpSaved,
  totpSaveRequest,
  totpSecret,
  totpValidateRequest,
  type TotpSaved,
  type TotpSaveRequest,
} from '../../../contract/second-factor.ts'
import { totpIssuer, type SecondFactorService } from '../../../core/accounts/second-factor-service.ts'
import type { FactorOwner } from '../../../core/accounts/second-factor.ts'
import type { AdminSignIn } from '../../../core/auth/admin-sign-in.ts'
import { FileServerError } from '../../../core/errors.ts'
import { adminOf, adminTokenOf, webSessionOf } from '../access.ts'
import type { HttpApp } from '../http-app.ts'
import { configName, fromSecondFactor, toState } from './second-factor-resource.ts'

const params = Type.Object({ username: Type.String({ minLength: 1, maxLength: 255 }) })

/** Who asks for their own second factor. */
interface Own {
  readonly kind: FactorOwner['kind']
  readonly access: 'user' | 'any-admin'
  ownerOf(request: FastifyRequest): Promise<FactorOwner>
}

/** The second factor of users and of admins: their own, and its end by an admin. */
export function serveSecondFactors(
  app: HttpApp,
  { secondFactors, adminSignIn }: { secondFactors: SecondFactorService; adminSignIn: AdminSignIn },
): void {
  const user: Own = {
    kind: 'user',
    access: 'user',
    ownerOf: async (request) => ({ kind: 'user', name: webSessionOf(request).username }),
  }
  const admin: Own = {
    kind: 'admin',
    access: 'any-admin',
    async ownerOf(request) {
      const { admin: own, token } = await adminSignIn.identify(adminTokenOf(request))
      if (token.kind === 'key')
        throw new FileServerError('permission-denied', 'A key cannot do this: sign in with your password')
      return { kind: 'admin', name: own.username }
    },
  }
  for (const own of [user, admin]) {
    serveTotp(app, secondFactors, own)
    serveRecoveryCodes(app, secondFactors, own)
  }
  serveResets(app, secondFactors, adminSignIn)
}

function serveTotp(app: HttpApp, factors: SecondFactorService, { kind, access, ownerOf }: Own): void {
  const tags = ['second factor']
  app.get(
    `/${kind}/2fa`,
    {
      config: { access },
      schema: {
        tags,
        operationId: `get_${kind}_second_factor`,
        summary: 'Whether one’s own second factor is on',
        response: { 200: secondFactorState },
      },
    },
    async (request) => toState(await factors.find(await ownerOf(request))),
  )

  app.get(
    `/${kind}/totp/configs`,
    {
      config: { access },
      schema: {
        tags,
        operationId: `get_${kind}_totp_configs`,
        summary: 'What authenticators have to be able to do',
        response: { 200: Type.Array(totpAlgorithm) },
      },
    },
    () => [{ name: configName, issuer: totpIssuer, algo: 'sha1' } as const],
  )

  app.post(
    `/${kind}/totp/generate`,
    {
      config: { access },
      schema: {
        tags,
        operationId: `generate_${kind}_totp_secret`,
        summary: 'Make a secret; it counts once it is saved with a right code',
        body: totpGenerateRequest,
        response: { 200: totpSecret },
      },
    },
    async (request, reply) => {
      const made = await factors.generate(await ownerOf(request))
      void reply.header('Cache-Control', 'no-store')
      return { config_name: configName, issuer: totpIssuer, ...made }
    },
  )

  app.post(
    `/${kind}/totp/validate`,
    {
      config: { access },
      schema: {
        tags,
        operationId: `validate_${kind}_totp_secret`,
        summary: 'Show that the authenticator has the secret that was made',
        body: totpValidateRequest,
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      factors.validate(await ownerOf(request), request.body)
      return { message: 'Passcode successfully validated' }
    },
  )

  app.post(
    `/${kind}/totp/save`,
    {
      config: { access },
      schema: {
        tags,
        operationId: `save_${kind}_totp_config`,
        summary: 'Turn one’s own second factor on or off, or change where it is asked for',
        body: totpSaveRequest,
        response: { 200: totpSaved },
      },
    },
    async (request, reply) => {
      void reply.header('Cache-Control', 'no-store')
      return save(factors, await ownerOf(request), request.body)
    },
  )
}

async function save(
  factors: SecondFactorService,
  owner: FactorOwner,
  { enabled, secret, protocols = [], password, passcode }: TotpSaveRequest,
): Promise<TotpSaved> {
  if (!enabled) {
    await factors.turnOff(owner, { password, passcode })
    return { message: 'The second factor is off' }
  }
  if (await factors.find(owner)) {
    await factors.changeProtocols(owner, protocols, { password, passcode })
    return { message: 'The second factor was changed' }
  }
  const codes = await factors.turnOn(owner, { secret: secret?.payload, passcode, protocols })
  return { message: 'The second factor is on', recovery_codes: [...codes] }
}

function serveRecoveryCodes(
  app: HttpApp,
  factors: SecondFactorService,
  { kind, access, ownerOf }: Own,
): void {
  const tags = ['second factor']
  app.get(
    `/${kind}/2fa/recoverycodes`,
    {
      config: { access },
      schema: {
        tags,
        operationId: `get_${kind}_recovery_codes`,
        summary: 'Which of one’s own recovery codes are used; the codes themselves are not kept',
        response: { 200: Type.Array(recoveryCode) },
      },
    },
    async (request) => fromSecondFactor(await factors.find(await ownerOf(request))).recovery_codes,
  )

  app.post(
    `/${kind}/2fa/recoverycodes`,
    {
      config: { access },
      schema: {
        tags,
        operationId: `generate_${kind}_recovery_codes`,
        summary: 'Make new recovery codes in place of all that are left, shown this once',
        body: ownershipRequest,
        response: { 200: Type.Array(Type.String()) },
      },
    },
    async (request, reply) => {
      const codes = await factors.renewRecoveryCodes(await ownerOf(request), request.body)
      void reply.header('Cache-Control', 'no-store')
      return [...codes]
    },
  )
}

function serveResets(app: HttpApp, factors: SecondFactorService, adminSignIn: AdminSignIn): void {
  app.put(
    '/users/:username/2fa/disable',
    {
      config: { access: ['edit_users'] },
      schema: {
        tags: ['users'],
        operationId: 'disable_user_2fa',
        summary: 'Turn off the second factor of a user who has lost it',
        params,
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      await factors.resetUser(adminOf(request).username, request.params.username)
      return { message: '2FA disabled' }
    },
  )

  app.put(
    '/admins/:username/2fa/disable',
    {
      config: { access: ['manage_admins'] },
      schema: {
        tags: ['admins'],
        operationId: 'disable_admin_2fa',
        summary: 'Turn off the second factor of another admin who has lost it',
        params,
        response: { 200: apiMessage },
      },
    },
    async (request) => {
      const by = await adminSignIn.identify(adminTokenOf(request))
      await factors.resetAdmin(by, request.params.username)
      return { message: '2FA disabled' }
    },
  )
}
