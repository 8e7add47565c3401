import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchProfile } from '../../test/support/browser/launch-chromium.ts'
import { waitUntil } from '../../test/support/wait-until.ts'

export interface SignedInBrowser extends AsyncDisposable {
  /** Where other programs may drive it. */
  readonly debugPort: number
}

export interface Credentials {
  readonly kind: 'admin' | 'user'
  readonly username: string
  readonly password: string
}

/** A browser with a profile of its own, signed in to the product at `url` as everybody in `accounts`. */
export async function openSignedInBrowser(
  url: string,
  accounts: readonly Credentials[],
): Promise<SignedInBrowser> {
  await using stack = new AsyncDisposableStack()
  const profile = await mkdtemp(join(tmpdir(), 'bench-web-'))
  stack.defer(() => rm(profile, { recursive: true, force: true }))
  const context = await launchProfile(profile)
  stack.defer(() => context.close())
  for (const { kind, username, password } of accounts) {
    const answer = await context.request.post(`${url}/api/v2/session/${kind}`, {
      data: { username, password },
    })
    if (!answer.ok()) throw new Error(`${username} cannot sign in: ${answer.status()}`)
  }
  const debugPort = await waitUntil('the debugging port', () => readPort(profile))
  const owned = stack.move()
  return { debugPort, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Chromium writes the port that it took into its profile. */
async function readPort(profile: string): Promise<number | undefined> {
  const text = await readFile(join(profile, 'DevToolsActivePort'), 'utf8').catch(() => '')
  return Number(text.split('\n')[0]) || undefined
}
