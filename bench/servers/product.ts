import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { startProduct } from '../../test/support/product.ts'
import type { ServerName, ServerPlace, ServerUnderTest } from '../harness/row.ts'

/** The product as it is delivered, all rules on; `env` sets what a row varies. */
export async function startOurs(
  { directory, credentials }: ServerPlace,
  name: ServerName = 'ours',
  env: Readonly<Record<string, string>> = {},
): Promise<ServerUnderTest> {
  const product = await startProduct({ directory, env, keepsLog: false })
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
