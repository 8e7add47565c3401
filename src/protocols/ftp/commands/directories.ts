import { FileServerError } from '../../../core/errors.ts'
import { quotedPath } from '../ftp-reply.ts'
import type { FtpSession } from '../ftp-session.ts'
import type { Command, CommandGroup } from './command.ts'

const changeDirectory: Command = {
  needsLogin: true,
  argument: 'optional',
  replies: 'file',
  run: (session, argument) => moveTo(session, argument || '/'),
}

const changeToParent: Command = {
  needsLogin: true,
  argument: 'none',
  replies: 'file',
  run: (session) => moveTo(session, '..'),
}

const printDirectory: Command = {
  needsLogin: true,
  argument: 'none',
  replies: 'file',
  run: (session) => session.reply(257, `${quotedPath(session.cwd)} is the current directory`),
}

const makeDirectory: Command = {
  needsLogin: true,
  argument: 'required',
  replies: 'file',
  async run(session, argument) {
    const path = session.path(argument)
    await session.files.makeDirectory(path)
    session.reply(257, `${quotedPath(path)} created`)
  },
}

const removeDirectory: Command = {
  needsLogin: true,
  argument: 'required',
  replies: 'file',
  async run(session, argument) {
    await session.files.removeDirectory(session.path(argument))
    session.reply(250, 'Directory removed')
  },
}

/** RFC 959 §4.1.3, with the names of RFC 775 that old clients use. */
export const directoryCommands = {
  CWD: changeDirectory,
  XCWD: changeDirectory,
  CDUP: changeToParent,
  XCUP: changeToParent,
  PWD: printDirectory,
  XPWD: printDirectory,
  MKD: makeDirectory,
  XMKD: makeDirectory,
  RMD: removeDirectory,
  XRMD: removeDirectory,
} satisfies CommandGroup

async function moveTo(session: FtpSession, argument: string): Promise<void> {
  const path = session.path(argument)
  if (path !== session.cwd && path !== '/') {
    const { type } = await session.files.stat(path)
    if (type !== 'directory') throw new FileServerError('not-a-directory', 'Not a directory')
  }
  session.cwd = path
  session.reply(250, `${quotedPath(path)} is the current directory`)
}
