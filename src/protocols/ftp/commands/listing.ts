import { compileNameGlob } from '../../../core/accounts/glob.ts'
import { FileServerError, hasCode } from '../../../core/errors.ts'
import type { Entry } from '../../../core/files/storage.ts'
import { joinPath, nameOf, parentOf, type VirtualPath } from '../../../core/files/virtual-path.ts'
import { FactFormatter, formatBatches, formatLong } from '../ftp-listing.ts'
import { oneLine } from '../ftp-reply.ts'
import type { FtpSession } from '../ftp-session.ts'
import { sendText } from '../send-file.ts'
import type { CommandGroup } from './command.ts'
import { runTransfer } from './run-transfer.ts'

/** Options of `ls` that clients send to LIST and NLST; a name that looks alike is still a name. */
const optionsPattern = /^(?:-[aAlLrRtSdhnF1]+(?: +|$))+/

/** Entries of which the first have been read; they hold a directory open until this is disposed. */
interface OpenBatches extends AsyncDisposable {
  readonly batches: AsyncIterable<readonly Entry[]>
}

/** What a listing is of: the entries of `directory`, or of one entry alone. */
interface Listing extends OpenBatches {
  readonly directory: VirtualPath
  /** What the client wrote before the last name, to be shown with the names that a pattern found. */
  readonly prefix: string
}

export const listingCommands = {
  LIST: {
    needsLogin: true,
    argument: 'optional',
    replies: 'listing',
    isLong: true,
    usesData: true,
    async run(session, argument, signal) {
      await using listing = await openNamed(session, withoutOptions(argument))
      await sendListing(session, signal, longLines(session, listing))
    },
  },
  NLST: {
    needsLogin: true,
    argument: 'optional',
    replies: 'listing',
    isLong: true,
    usesData: true,
    async run(session, argument, signal) {
      await using listing = await openNamed(session, withoutOptions(argument))
      const { batches, prefix } = listing
      await sendListing(
        session,
        signal,
        formatBatches(batches, ({ name }) => oneLine(prefix + name)),
      )
    },
  },
  MLSD: {
    needsLogin: true,
    argument: 'optional',
    replies: 'file',
    isLong: true,
    usesData: true,
    async run(session, argument, signal) {
      const directory = session.path(argument)
      await using listing = await opened(session.files.list(directory))
      const formatter = new FactFormatter(session.facts, session.session.user.permissions)
      const lines = formatBatches(listing.batches, (entry) => {
        const { name } = entry
        if (entry.type !== 'symlink') return formatter.formatIn(directory, entry, name)
        const path = joinPath(directory, name)
        return followed(session, entry, path).then((found) => formatter.formatIn(directory, found, name))
      })
      await sendListing(session, signal, lines)
    },
  },
  MLST: {
    needsLogin: true,
    argument: 'optional',
    replies: 'file',
    async run(session, argument) {
      const path = session.path(argument)
      const entry = await session.files.stat(path)
      const formatter = new FactFormatter(session.facts, session.session.user.permissions)
      const as = path === session.cwd ? 'itself' : 'child'
      session.reply(250, ['Facts', formatter.format(entry, path, path, as), 'End'])
    },
  },
} satisfies CommandGroup

/** STAT with a path: a listing on the control connection. */
export async function replyStatOf(session: FtpSession, argument: string): Promise<void> {
  await using listing = await openNamed(session, withoutOptions(argument))
  session.control.send(`213-Status of ${oneLine(argument)}\r\n`)
  for await (const text of longLines(session, listing)) {
    // A line that began with three digits and a space would end the reply (RFC 959 §4.2).
    session.control.send(text.replace(/^(?=.)/gm, ' '))
    await session.control.drained()
  }
  session.reply(213, 'End')
}

function longLines(session: FtpSession, { directory, batches, prefix }: Listing): AsyncIterable<string> {
  const now = Date.now()
  return formatBatches(batches, (entry) => {
    const shown = prefix === '' ? entry : { ...entry, name: prefix + entry.name }
    if (entry.type !== 'symlink') return formatLong(shown, now)
    return linkTarget(session, joinPath(directory, entry.name)).then((target) =>
      formatLong(shown, now, target),
    )
  })
}

async function sendListing(
  session: FtpSession,
  signal: AbortSignal,
  lines: AsyncIterable<string>,
): Promise<void> {
  await runTransfer(session, { direction: 'send', signal }, async (connection) => {
    await sendText(connection, lines)
    connection.finish()
  })
}

function withoutOptions(argument: string): string {
  return argument.replace(optionsPattern, '')
}

/** Fails before the data connection is asked for. */
async function openNamed(session: FtpSession, argument: string): Promise<Listing> {
  session.data.requireProtection()
  const path = session.path(argument)
  try {
    return { ...(await opened(session.files.list(path))), directory: path, prefix: '' }
  } catch (error) {
    if (!hasCode(error, 'not-a-directory') && !hasCode(error, 'not-found')) throw error
    return await openEntryOrPattern(session, argument, path, error)
  }
}

async function openEntryOrPattern(
  session: FtpSession,
  argument: string,
  path: VirtualPath,
  failure: unknown,
): Promise<Listing> {
  const directory = parentOf(path)
  const prefix = argument.slice(0, argument.lastIndexOf('/') + 1)
  if (hasCode(failure, 'not-a-directory')) {
    const entry = await session.files.lstat(path)
    return { ...(await opened(one(entry))), directory, prefix }
  }
  const name = nameOf(path)
  if (!/[*?[]/.test(name)) throw failure
  const all = await opened(session.files.list(directory))
  return { ...all, directory, batches: matching(all.batches, name), prefix }
}

async function* one(entry: Entry): AsyncGenerator<readonly Entry[]> {
  yield [entry]
}

async function* matching(
  batches: AsyncIterable<readonly Entry[]>,
  pattern: string,
): AsyncGenerator<readonly Entry[]> {
  const glob = compileNameGlob(pattern)
  for await (const batch of batches) yield batch.filter(({ name }) => glob.test(name))
}

/** Waits for the first batch, so that what cannot be listed is answered before the transfer begins. */
async function opened(batches: AsyncGenerator<readonly Entry[]>): Promise<OpenBatches> {
  const first = await batches.next()
  async function* all(): AsyncGenerator<readonly Entry[]> {
    if (!first.done) yield first.value
    yield* batches
  }
  return {
    batches: all(),
    // Not by `all`: a transfer that never begins takes nothing from it, and then its `finally` would not run.
    [Symbol.asyncDispose]: async () => void (await batches.return(undefined)),
  }
}

/** A link as what it leads to, where that can be known. */
async function followed(session: FtpSession, entry: Entry, path: VirtualPath): Promise<Entry> {
  try {
    return await session.files.stat(path)
  } catch {
    return entry
  }
}

async function linkTarget(session: FtpSession, path: VirtualPath): Promise<string | undefined> {
  try {
    return await session.files.readlink(path)
  } catch (error) {
    if (error instanceof FileServerError) return undefined
    throw error
  }
}
