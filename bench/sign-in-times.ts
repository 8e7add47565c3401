/**
 * How long the refusal of a password takes for an account that is there, unknown, disabled or expired, in turn, over the core
 * and its database, without what failed logins make others wait. `npm run bench:sign-in` prints medians; a number as argument
 * sets the tries of each. It fails where a median is more than 5 % away from that of the account that is there.
 */
import { CoreWorld } from '../test/core/core-fixture.ts'
import type { SignInAttempt } from '../src/core/auth/credentials.ts'
import { Authenticator } from '../src/core/auth/authenticator.ts'
import { hasCode } from '../src/core/errors.ts'
import { median } from './harness/median.ts'

const tries = Number(process.argv[2] ?? 500)
const tolerance = 0.05
const cases = [
  { what: 'wrong password', username: 'there', password: 'wrong' },
  { what: 'unknown user', username: 'nobody', password: 'wrong' },
  { what: 'disabled user', username: 'disabled', password: 'wrong' },
  { what: 'expired user', username: 'expired', password: 'wrong' },
  { what: 'disabled user, right password', username: 'disabled', password: 'disabled-password' },
  { what: 'expired user, right password', username: 'expired', password: 'expired-password' },
] as const

const attemptOf = (username: string, password: string): SignInAttempt => ({
  username,
  protocol: 'SFTP',
  clientVersion: '',
  remoteAddress: '127.0.0.1',
  encrypted: true,
  credential: { method: 'password', password },
})

await using world = await CoreWorld.open()
const { hasher, codes } = world
const { users } = world.database
const passwordHashOf = async (username: string) => ({
  passwordHash: await hasher.hash(`${username}-password`),
})
await world.addUser('there', await passwordHashOf('there'))
await world.addUser('disabled', { status: 'disabled', ...(await passwordHashOf('disabled')) })
await world.addUser('expired', { expirationDate: 1, ...(await passwordHashOf('expired')) })
const throttle = { pass: () => Promise.resolve(), recordFailure: () => {}, recordSuccess: () => {} }
const authenticator = new Authenticator({ users, hasher, throttle, codes })

async function timeRefusal(attempt: SignInAttempt): Promise<number> {
  const startedAt = performance.now()
  const error: unknown = await authenticator.authenticate(attempt).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  const ms = performance.now() - startedAt
  if (!hasCode(error, 'access-denied')) throw new Error(`${attempt.username} was not refused`)
  return ms
}

const times = cases.map((): number[] => [])
// Ten rounds before those that count warm it up.
for (let round = -10; round < tries; round++)
  for (const [index, { username, password }] of cases.entries()) {
    const ms = await timeRefusal(attemptOf(username, password))
    if (round >= 0) times[index]?.push(ms)
  }

const medians = times.map((list) => median(list))
const [reference = 0] = medians
console.log(`| Refused | median of ${tries} | beside the first |\n| --- | ---: | ---: |`)
for (const [index, { what }] of cases.entries()) {
  const value = medians[index] ?? 0
  console.log(`| ${what} | ${value.toFixed(2)} ms | ${((value / reference - 1) * 100).toFixed(1)} % |`)
  if (Math.abs(value / reference - 1) > tolerance) process.exitCode = 1
}
