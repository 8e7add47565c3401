import { runProgram } from '../../test/support/run-program.ts'

/** Clients and servers that the rows start, by their Debian packages. */
const tools = [...['curl', 'lftp', 'openssh-client', 'openssh-server', 'openssl', 'python3', 'rclone', 'zip']]

/** Installs what is missing when root asks. @throws with the command that does it, for everybody else */
export async function installMissingTools(): Promise<void> {
  const query = ['--show', '--showformat', '${Package} ${db:Status-Status}\n', ...tools]
  const { stdout } = await runProgram('dpkg-query', query)
  const installed = new Set(stdout.split('\n').filter((line) => line.endsWith(' installed')))
  const missing = tools.filter((name) => !installed.has(`${name} installed`))
  if (missing.length === 0) return
  const args = ['install', '--yes', '--no-install-recommends', ...missing]
  if (process.getuid?.() !== 0) throw new Error(`Debian packages are missing: sudo apt-get ${args.join(' ')}`)
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: 600_000 }
  const aptGet = async (...rest: string[]) =>
    (await runProgram('apt-get', ['--quiet', ...rest], options)).isOk
  if (!(await aptGet(...args)) && !((await aptGet('update')) && (await aptGet(...args))))
    throw new Error(`apt-get ${args.join(' ')} failed`)
}
