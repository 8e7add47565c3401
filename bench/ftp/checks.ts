import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type LftpScheme, runLftp } from '../../test/support/clients/lftp.ts'
import { runProgram } from '../../test/support/run-program.ts'
import { lastLine, runClient } from './ftp-client.ts'
import { type FtpUnderTest, password, username } from './servers.ts'

export interface Verdict {
  readonly good: number
  readonly of: number
  /** Why something failed. */
  readonly note?: string
}

export interface Check {
  readonly title: string
  /** A server with one passive port instead of many. */
  readonly isOnOnePort?: boolean
  run(server: FtpUnderTest, scratch: string): Promise<Verdict>
}

const small = randomBytes(4096)
const smallName = 'small.bin'
const bigName = 'abort.bin'
const bigBytes = 64 << 20
const taskTimeoutMs = 60_000

export const checks: readonly Check[] = [
  { title: 'curl, FTPS: 20 uploads and downloads', run: curlRuns },
  { title: 'Python ftplib, FTPS: upload and download', run: (server) => clientTask(server, 'tls') },
  { title: 'lftp mirror both ways, plain', run: (server, scratch) => lftpMirror(server, scratch, 'ftp') },
  { title: 'lftp mirror both ways, FTPS', run: (server, scratch) => lftpMirror(server, scratch, 'ftps') },
  { title: 'REST + STOR keeps the first part', run: (server) => clientTask(server, 'resume') },
  { title: 'a name with quotes', run: (server) => clientTask(server, 'quoted_name') },
  { title: 'a command in two TCP segments', run: (server) => clientTask(server, 'split_command') },
  { title: 'ABOR during RETR has a reply', run: (server) => clientTask(server, 'abort') },
  {
    title: '4 parallel sessions, one passive port',
    isOnOnePort: true,
    run: (server) => clientTask(server, 'parallel'),
  },
  { title: 'a stranger at the passive port', run: (server) => clientTask(server, 'stranger') },
  { title: 'MLSD', run: (server) => clientTask(server, 'mlsd') },
  { title: 'MFMT', run: (server) => clientTask(server, 'mfmt') },
  { title: 'HASH', run: (server) => clientTask(server, 'hash') },
]

/** Runs a check; what it throws is its verdict, as a server that hangs or ends has failed. */
export async function judge(check: Check, server: FtpUnderTest, scratch: string): Promise<Verdict> {
  try {
    await writeFile(join(server.home, smallName), small)
    return await check.run(server, scratch)
  } catch (error) {
    return { good: 0, of: 1, note: error instanceof Error ? error.message : String(error) }
  }
}

async function clientTask(server: FtpUnderTest, task: string): Promise<Verdict> {
  const big = join(server.home, bigName)
  if (task === 'abort') await writeFile(big, Buffer.alloc(bigBytes))
  const sha256 = createHash('sha256').update(small).digest('hex')
  const given = { small: smallName, smallBytes: small.length, sha256, big: bigName }
  const verdict = await runClient<Verdict>(server, task, given, taskTimeoutMs)
  await rm(big, { force: true })
  return verdict
}

const curlTimedOut = 28

interface Transfer {
  readonly args: readonly string[]
  /** Where the content is afterwards. */
  readonly result: string
}

async function curlRuns(server: FtpUnderTest, scratch: string): Promise<Verdict> {
  const content = randomBytes(65_536)
  const local = join(scratch, 'curl-up')
  const got = join(scratch, 'curl-down')
  await writeFile(local, content)
  await writeFile(join(server.home, 'curl-down'), content)
  const url = (name: string) => `ftp://127.0.0.1:${server.port}/${name}`
  const common = ['-sS', '-k', '--ssl-reqd', '--max-time', '8', '-u', `${username}:${password}`]
  const notes: string[] = []
  let good = 0
  let hung = 0
  for (let run = 0; run < 20 && hung < 4; run++) {
    await rm(got, { force: true })
    const up: Transfer = { args: ['-T', local, url(`curl-${run}`)], result: join(server.home, `curl-${run}`) }
    const down: Transfer = { args: ['-o', got, url('curl-down')], result: got }
    for (const { args, result } of [up, down]) {
      const { isOk, exitCode, stderr } = await runProgram('curl', [...common, ...args], { timeoutMs: 15_000 })
      if (isOk && content.equals(await readFile(result))) good++
      else notes.push(lastLine(stderr))
      if (exitCode === curlTimedOut) hung++
    }
  }
  return { good, of: 40, ...(notes[0] === undefined ? {} : { note: notes[0] }) }
}

async function lftpMirror(server: FtpUnderTest, scratch: string, scheme: LftpScheme): Promise<Verdict> {
  const [source, back, remote] = [join(scratch, 'tree'), join(scratch, 'tree-back'), `tree-${scheme}`]
  for (const path of [source, back]) await rm(path, { recursive: true, force: true })
  for (let directory = 0; directory < 5; directory++) {
    await mkdir(join(source, `d${directory}`), { recursive: true })
    for (let file = 0; file < 10; file++)
      await writeFile(join(source, `d${directory}`, `f${file}`), randomBytes(20_000))
  }
  const target = { host: '127.0.0.1', port: server.port, username, password, scratch }
  const commands = [`mirror -R ${source} ${remote}`, `mirror ${remote} ${back}`]
  const withoutKeys = { ...target, keyFile: '', hostKeyFingerprint: '' }
  const { isOk, exitCode, stderr } = await runLftp(withoutKeys, scheme, commands)
  if (exitCode === null) return { good: 0, of: 1, note: 'it hangs' }
  const isEqual = isOk && (await runProgram('diff', ['-r', source, back])).isOk
  return { good: Number(isEqual), of: 1, ...(isEqual ? {} : { note: lastLine(stderr) }) }
}
