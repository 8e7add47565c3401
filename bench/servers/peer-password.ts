import { runProgram } from '../../test/support/run-program.ts'

/** As Debian keeps passwords of its users (crypt(5), SHA-512): a few milliseconds for each login. */
export async function hashForPeer(password: string): Promise<string> {
  const { isOk, stdout, stderr } = await runProgram('openssl', ['passwd', '-6', '-stdin'], {
    input: `${password}\n`,
  })
  if (!isOk) throw new Error(`the password is not hashed: ${stderr}`)
  return stdout.trim()
}
