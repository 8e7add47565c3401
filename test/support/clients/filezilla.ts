import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, posix } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { runProgram } from '../run-program.ts'
import { waitUntil } from '../wait-until.ts'
import type { Target } from './file-client.ts'

export type FilezillaProtocol = 'ftp' | 'ftps' | 'sftp'

/** Both paths are absolute. */
export interface FilezillaTransfer {
  readonly isDownload: boolean
  readonly local: string
  readonly remote: string
}

/** FileZilla's own numbers; 'ftps' is FTP that must go over to TLS. */
const protocolNumbers = { ftp: 6, ftps: 4, sftp: 1 } as const
const downloadFlag = 16
const transferTimeoutMs = 40_000
const successLine = 'Status: File transfer successful'

/** What it asks about a server it meets for the first time. */
const firstMeetingQuestions = '^(Unknown certificate|Unknown host key|Insecure FTP connection)$'

/**
 * Opens FileZilla on a screen of its own with the transfers in its queue, processes the queue and answers the session's log.
 * @throws with that log when a transfer fails or is not done in time
 */
export async function runFilezilla(
  target: Target,
  protocol: FilezillaProtocol,
  transfers: readonly FilezillaTransfer[],
): Promise<string> {
  const home = await mkdtemp(join(target.scratch, 'filezilla-'))
  const logFile = join(home, 'session.log')
  await writeProfile(home, logFile)
  fillQueue(join(home, '.config/filezilla/queue.sqlite3'), target, protocol, transfers)
  await using stack = new AsyncDisposableStack()
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    LC_ALL: 'C.UTF-8',
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_CACHE_HOME: join(home, '.cache'),
    // Its SFTP program looks for known hosts in the home of the password database otherwise.
    PUTTYDIR: join(home, '.putty'),
    DBUS_SESSION_BUS_ADDRESS: 'disabled:',
    NO_AT_BRIDGE: '1',
    DISPLAY: await openScreen(stack),
  }
  const program = spawn('filezilla', [], { env, stdio: 'ignore' })
  stack.defer(() => end(program))
  await once(program, 'spawn')
  return await processQueue(env, logFile, transfers.length)
}

async function processQueue(env: NodeJS.ProcessEnv, logFile: string, count: number): Promise<string> {
  const giveUpAt = performance.now() + transferTimeoutMs
  let log = ''
  while (performance.now() < giveUpAt) {
    log = await readFile(logFile, 'utf8').catch(() => '')
    if (log.split(successLine).length > count) return log
    if (/ Error: (File transfer failed|Could not connect|Critical)/.test(log)) break
    // The key that starts the queue also stops it: the log gets time to tell of a start before it is pressed again.
    const isStarted = log !== ''
    const isPressed = await (isStarted
      ? pressIn(env, firstMeetingQuestions, 'Return')
      : pressIn(env, '^FileZilla$', 'ctrl+p'))
    await delay(isPressed && !isStarted ? 1500 : 300)
  }
  throw new Error(`FileZilla did not do all of its ${count} transfers\n${log}`)
}

/** Presses a key in the visible window with that title, and tells whether there is one. */
async function pressIn(env: NodeJS.ProcessEnv, title: string, key: string): Promise<boolean> {
  const search = ['search', '--onlyvisible', '--name', title]
  const press = ['windowfocus', '--sync', 'key', key]
  return (await runProgram('xdotool', [...search, ...press], { env, timeoutMs: 5000 })).isOk
}

/** Answers the name of a display that was free. */
async function openScreen(stack: AsyncDisposableStack): Promise<string> {
  const screen = spawn(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp', '-noreset'],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    },
  )
  stack.defer(() => end(screen))
  await once(screen, 'spawn')
  let number = ''
  const numbers = screen.stdio[3] as Readable
  numbers.on('data', (chunk: Buffer) => (number += chunk.toString()))
  await waitUntil('the number of the display', () => number.endsWith('\n'))
  return `:${number.trim()}`
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

/** A profile that neither greets nor looks for updates, and writes a log. */
async function writeProfile(home: string, logFile: string): Promise<void> {
  const directory = join(home, '.config/filezilla')
  await mkdir(directory, { recursive: true })
  const settings = {
    'Update Check': '0',
    'Greeting version': '99.0.0',
    'Greeting resources': '99.0.0',
    'Language Code': 'en_US',
    'Number of Transfers': '1',
    'Logging file': logFile,
  }
  const lines = Object.entries(settings).map(([name, value]) => `<Setting name="${name}">${value}</Setting>`)
  const text = `<?xml version="1.0"?>\n<FileZilla3><Settings>${lines.join('\n')}</Settings></FileZilla3>\n`
  await writeFile(join(directory, 'filezilla.xml'), text)
}

/** Leaves the transfers in the database from which it takes up the queue of its last session. */
function fillQueue(
  file: string,
  target: Target,
  protocol: FilezillaProtocol,
  transfers: readonly FilezillaTransfer[],
): void {
  using database = new DatabaseSync(file)
  database.exec(queueTables)
  database
    .prepare(
      `INSERT INTO servers (id, host, port, user, password, protocol, type, logontype, timezone_offset,
         transfer_mode, max_connections, encoding, bypass_proxy) VALUES (1, ?, ?, ?, ?, ?, 0, 1, 0, 'default', 0, 'Auto', 0)`,
    )
    .run(target.host, target.port, target.username, target.password, protocolNumbers[protocol])
  for (const [index, { isDownload, local, remote }] of transfers.entries()) {
    const id = index + 1
    const names = [basename(local), posix.basename(remote)]
    const [source, destination] = isDownload ? names.toReversed() : names
    database.prepare('INSERT INTO local_paths VALUES (?, ?)').run(id, `${dirname(local)}/`)
    database.prepare('INSERT INTO remote_paths VALUES (?, ?)').run(id, encodePath(posix.dirname(remote)))
    database
      .prepare(
        `INSERT INTO files (server, source_file, target_file, local_path, remote_path, size, priority, flags)
           VALUES (1, ?, ?, ?, ?, -1, 2, ?)`,
      )
      .run(source ?? '', destination ?? '', id, id, isDownload ? downloadFlag : 0)
  }
}

/** FileZilla's form of a path: type Unix, no prefix, then the length of each segment and the segment. */
function encodePath(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '')
  return ['1 0', ...segments.map((segment) => `${[...segment].length} ${segment}`)].join(' ')
}

const queueTables = `
PRAGMA user_version = 7;
CREATE TABLE servers (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, host TEXT NOT NULL, port INTEGER, user TEXT,
  password TEXT, account TEXT, keyfile TEXT, protocol INTEGER, type INTEGER, logontype INTEGER,
  timezone_offset INTEGER, transfer_mode TEXT, max_connections INTEGER, encoding TEXT, bypass_proxy INTEGER,
  post_login_commands TEXT, name TEXT, parameters TEXT, site_path TEXT DEFAULT NULL);
CREATE TABLE files (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, server INTEGER NOT NULL, source_file TEXT,
  target_file TEXT, local_path INTEGER, remote_path INTEGER, size INTEGER, error_count INTEGER, priority INTEGER,
  flags INTEGER, default_exists_action INTEGER, extra_flags TEXT);
CREATE TABLE local_paths (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, path TEXT NOT NULL);
CREATE TABLE remote_paths (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, path TEXT NOT NULL);`
