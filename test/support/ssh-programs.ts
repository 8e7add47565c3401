import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Target } from './clients/file-client.ts'
import { sshOptions } from './clients/openssh.ts'
import { type Outcome, runProgram } from './run-program.ts'

/** sftp(1) in batch mode with further options. */
export function runSftp(
  target: Target,
  commands: readonly string[],
  options: readonly string[] = [],
): Promise<Outcome> {
  const where = ['-P', String(target.port), '-b', '-', `${target.username}@${target.host}`]
  return runProgram('sftp', [...options, ...sshOptions(target), ...where], {
    input: `${commands.join('\n')}\n`,
  })
}

/** ssh(1) with a command of the server, or with options instead of one. */
export function runSsh(
  target: Target,
  command: readonly string[],
  options: readonly string[] = [],
): Promise<Outcome> {
  const where = ['-p', String(target.port), `${target.username}@${target.host}`]
  return runProgram('ssh', [...sshOptions(target), ...options, ...where, ...command], { timeoutMs: 20_000 })
}

export interface AskedSignIn {
  readonly outcome: Outcome
  /** How many times the server asked. */
  readonly questions: number
}

/** Signs in with sftp(1) and a program that answers each question with the next of `answers`, the last for ever. */
export async function signInByAnswers(
  target: Target,
  methods: string,
  answers: readonly string[],
  options: readonly string[] = [],
): Promise<AskedSignIn> {
  const directory = join(target.scratch, `ask-${Math.random().toString(36).slice(2)}`)
  const [script, list, count] = [`${directory}.sh`, `${directory}.answers`, `${directory}.count`]
  await writeFile(list, `${answers.join('\n')}\n`)
  await writeFile(count, '')
  await writeFile(
    script,
    `#!/bin/sh\necho >>'${count}'\nn=$(wc -l <'${count}')\n` +
      `sed -n "\${n}p" '${list}' | grep . || tail -n 1 '${list}'\n`,
  )
  await chmod(script, 0o700)
  const ssh = [
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    `PreferredAuthentications=${methods}`,
  ]
  const settings = [
    ...ssh,
    'IdentitiesOnly=yes',
    `IdentityFile=${target.keyFile}`,
    'LogLevel=INFO',
    ...options,
  ]
  const flags = ['-F', 'none', ...settings.flatMap((option) => ['-o', option])]
  // Batch mode (-b) would forbid to ask, so the commands come over a standard input that is no terminal.
  const outcome = await runProgram(
    'sftp',
    [...flags, '-P', String(target.port), `${target.username}@${target.host}`],
    { input: 'pwd\nbye\n', env: { SSH_ASKPASS: script, SSH_ASKPASS_REQUIRE: 'force' }, timeoutMs: 25_000 },
  )
  const questions = (await readFile(count, 'utf8')).length
  return { outcome, questions }
}

/** SHA256:… of the Ed25519 host key that the server shows. */
export async function hostKeyFingerprint(port: number): Promise<string> {
  const { stdout } = await runProgram('ssh-keyscan', ['-t', 'ed25519', '-p', String(port), '127.0.0.1'])
  const listed = await runProgram('ssh-keygen', ['-lf', '-'], { input: stdout })
  return /SHA256:[\w+/]+/.exec(listed.stdout)?.[0] ?? ''
}
