import { FileServerError, hasCode } from '../../../core/errors.ts'
import type { VirtualPath } from '../../../core/files/virtual-path.ts'
import { FtpRefusal } from '../ftp-reply.ts'
import type { FtpSession } from '../ftp-session.ts'
import { formatTime, parseTime } from '../ftp-time.ts'
import type { CommandGroup } from './command.ts'

export const fileCommands = {
  DELE: {
    needsLogin: true,
    argument: 'required',
    replies: 'file',
    async run(session, argument) {
      await session.files.removeFile(session.path(argument))
      session.reply(250, 'File removed')
    },
  },
  RNFR: {
    needsLogin: true,
    argument: 'required',
    replies: 'file',
    async run(session, argument) {
      session.renameFrom = undefined
      const path = session.path(argument)
      try {
        await session.files.lstat(path)
      } catch (error) {
        // Who may rename but not list is told by RNTO.
        if (!hasCode(error, 'permission-denied')) throw error
      }
      session.renameFrom = path
      session.reply(350, 'Send RNTO with the new name')
    },
  },
  RNTO: {
    needsLogin: true,
    argument: 'required',
    replies: 'store',
    async run(session, argument) {
      const from = session.renameFrom
      session.renameFrom = undefined
      if (from === undefined) throw new FtpRefusal(503, 'Send RNFR first')
      await session.files.rename(from, session.path(argument), { replace: true })
      session.reply(250, 'Renamed')
    },
  },
  SIZE: {
    needsLogin: true,
    argument: 'required',
    replies: 'file',
    async run(session, argument) {
      // What a transfer in TYPE A would send is known only after converting it (RFC 3659 §4.1).
      if (session.type === 'A') throw new FtpRefusal(550, 'Use TYPE I before SIZE')
      const entry = await session.files.stat(session.path(argument))
      if (entry.type !== 'file') throw new FileServerError('unsupported', 'Not a regular file')
      session.reply(213, String(entry.size))
    },
  },
  MDTM: {
    needsLogin: true,
    argument: 'required',
    replies: 'file',
    async run(session, argument) {
      if (await setTimeByMdtm(session, argument)) return
      const { modifiedAt } = await session.files.stat(session.path(argument))
      session.reply(213, formatTime(modifiedAt))
    },
  },
  MFMT: {
    needsLogin: true,
    argument: 'required',
    replies: 'file',
    async run(session, argument) {
      const [time, name] = splitTime(argument)
      if (time === undefined) throw new FtpRefusal(501, 'The time must be YYYYMMDDHHMMSS')
      if (name === '') throw new FtpRefusal(501, 'MFMT needs a time and a name')
      const kept = await setTime(session, session.path(name), time)
      session.reply(213, `Modify=${formatTime(kept)}; ${name}`)
    },
  },
} satisfies CommandGroup

function splitTime(argument: string): [time: number | undefined, name: string] {
  const space = argument.indexOf(' ')
  if (space < 0) return [parseTime(argument), '']
  return [parseTime(argument.slice(0, space)), argument.slice(space + 1)]
}

/** Answers what is kept: a file system may not reach so far back or ahead. */
async function setTime(session: FtpSession, path: VirtualPath, modifiedAt: number): Promise<number> {
  await session.files.setAttributes(path, { modifiedAt })
  try {
    return (await session.files.stat(path)).modifiedAt
  } catch (error) {
    // Who may set a time need not be allowed to see it.
    if (hasCode(error, 'permission-denied')) return modifiedAt
    throw error
  }
}

/** Older clients set a time with MDTM; a file that is really called so comes first. */
async function setTimeByMdtm(session: FtpSession, argument: string): Promise<boolean> {
  const [time, name] = splitTime(argument)
  if (time === undefined || name === '') return false
  try {
    await session.files.stat(session.path(argument))
    return false
  } catch (error) {
    if (!hasCode(error, 'not-found')) throw error
  }
  session.reply(213, formatTime(await setTime(session, session.path(name), time)))
  return true
}
