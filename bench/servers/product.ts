import { existsSync } from 'node:fs'
import { glob, mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { profilingInto } from '../harness/profile.ts'
import { runProgram } from '../../test/support/run-program.ts'
import { startProduct } from '../../test/support/product.ts'
import type { ServerName, ServerPlace, ServerUnderTest } from '../harness/row.ts'

/** The product as the image has it: the bundle, all rules on; `env` sets what a row varies. */
export async function startOurs(
  { directory, credentials, profileDirectory }: ServerPlace,
  name: ServerName = 'ours',
  env: Readonly<Record<string, string>> = {},
): Promise<ServerUnderTest> {
  const product = await startProduct({
    directory,
    env: { ...env, ...(profileDirectory !== undefined && (await profilingInto(profileDirectory))) },
    keepsLog: false,
    main: await builtMain(),
  })
  const { username, password, keyFile } = credentials
  const home = product.homeOf(username)
  // Started again, it still knows its user.
  if (!existsSync(home)) {
    const key = await readFile(`${keyFile}.pub`, 'utf8')
    await product.addUser(username, { password, public_keys: [key.trim()] })
    await mkdir(home, { recursive: true })
  }
  return {
    name,
    pid: product.pid,
    home,
    sftpPort: product.sftpPort,
    ftpPort: product.ftpPort,
    httpUrl: product.httpUrl,
    metricsUrl: `http://${product.addresses.metrics}/metrics`,
    [Symbol.asyncDispose]: () => product[Symbol.asyncDispose](),
  }
}

const root = join(import.meta.dirname, '../..')
let built: Promise<string> | undefined

/** The bundle's start file; made once, when sources are newer than what is there. */
export function builtMain(): Promise<string> {
  return (built ??= buildIfStale())
}

/** @throws with what the build says */
async function buildIfStale(): Promise<string> {
  const main = join(root, 'build/main.js')
  const made = await stat(main).catch(() => undefined)
  if (made && (await newestSource()) < made.mtimeMs) return main
  const { isOk, stderr } = await runProgram('npm', ['run', 'build'], { cwd: root, timeoutMs: 300_000 })
  if (!isOk) throw new Error(`the product is not built: ${stderr}`)
  return main
}

/** Milliseconds since the epoch. */
async function newestSource(): Promise<number> {
  let newest = 0
  const patterns = ['src/**', 'scripts/**', 'assets/**', 'package.json', 'package-lock.json']
  for await (const path of glob(patterns, { cwd: root }))
    newest = Math.max(newest, (await stat(join(root, path))).mtimeMs)
  return newest
}
