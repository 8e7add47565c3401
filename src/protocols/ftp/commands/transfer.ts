import { randomBytes } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { FileServerError, hasCode, toFileServerError } from '../../../core/errors.ts'
import type { OpenForWriting } from '../../../core/files/transfer-opener.ts'
import type { Upload } from '../../../core/files/upload.ts'
import { nameOf, parseVirtualPath } from '../../../core/files/virtual-path.ts'
import { ToLocalLines, ToNetworkLines } from '../ascii.ts'
import { FtpRefusal } from '../ftp-reply.ts'
import type { FtpSession } from '../ftp-session.ts'
import { receiveFile } from '../receive-file.ts'
import { sendFile } from '../send-file.ts'
import type { CommandGroup } from './command.ts'
import { runTransfer } from './run-transfer.ts'

const replaceOrCreate: OpenForWriting = { existing: 'replace', missing: 'create' }
const appendOrCreate: OpenForWriting = { existing: 'append', missing: 'create' }
const goOn: OpenForWriting = { existing: 'modify', missing: 'fail', isResume: true }
const createOnly: OpenForWriting = { existing: 'fail', missing: 'create' }
const maxUniqueTries = 8

export const transferCommands = {
  RETR: {
    needsLogin: true,
    argument: 'required',
    replies: 'file',
    isLong: true,
    usesData: true,
    run: retrieve,
  },
  STOR: {
    needsLogin: true,
    argument: 'required',
    replies: 'store',
    isLong: true,
    usesData: true,
    async run(session, argument, signal) {
      const position = session.takeRestart()
      const how = position > 0 ? goOn : replaceOrCreate
      const upload = await session.files.openUpload(session.path(argument), how)
      await store(session, upload, position, signal)
    },
  },
  APPE: {
    needsLogin: true,
    argument: 'required',
    replies: 'store',
    isLong: true,
    usesData: true,
    async run(session, argument, signal) {
      refuseRestart(session)
      const upload = await session.files.openUpload(session.path(argument), appendOrCreate)
      await store(session, upload, upload.size, signal)
    },
  },
  STOU: {
    needsLogin: true,
    argument: 'optional',
    replies: 'store',
    isLong: true,
    usesData: true,
    async run(session, argument, signal) {
      refuseRestart(session)
      const upload = await openUnique(session, argument)
      // The form that RFC 1123 §4.1.2.9 asks for.
      await store(session, upload, 0, signal, `FILE: ${nameOf(upload.path)}`)
    },
  },
  REST: {
    needsLogin: true,
    argument: 'required',
    replies: 'file',
    run(session, argument) {
      if (!/^\d{1,15}$/.test(argument)) throw new FtpRefusal(501, 'Not a position')
      if (session.type === 'A' && Number(argument) > 0) throw new FtpRefusal(501, 'Use TYPE I to restart')
      session.restartAt(Number(argument))
      session.reply(350, `Restarting at ${argument}`)
    },
  },
  ABOR: {
    needsLogin: false,
    argument: 'none',
    replies: 'file',
    run(session) {
      session.data.drop()
      session.reply(226, 'Nothing to abort')
    },
  },
} satisfies CommandGroup

/** What is appended, or goes to a new name, has its place; the position must not be left for another transfer either. */
function refuseRestart(session: FtpSession): void {
  if (session.takeRestart() > 0) throw new FtpRefusal(554, 'Only RETR and STOR go on at a position')
}

async function retrieve(session: FtpSession, argument: string, signal: AbortSignal): Promise<void> {
  const position = session.takeRestart()
  const download = await session.files.openDownload(session.path(argument))
  try {
    if (position > download.entry.size) throw new FtpRefusal(554, 'The file is shorter than that')
    const converter = session.type === 'A' ? new ToNetworkLines() : undefined
    const announcement = `Sending ${download.entry.size - position} bytes`
    const plan = { direction: 'send', signal, progress: download, announcement } as const
    await runTransfer(session, plan, async (connection) => {
      await sendFile(connection, download, position, converter)
      connection.finish()
      await download.close()
    })
  } catch (error) {
    await download.fail(ended(error))
    throw error
  }
}

async function store(
  session: FtpSession,
  upload: Upload,
  position: number,
  signal: AbortSignal,
  announcement = 'Ready to receive',
): Promise<void> {
  try {
    if (position > upload.size) throw new FtpRefusal(554, 'The file is shorter than that')
    const converter = session.type === 'A' ? new ToLocalLines() : undefined
    const plan = { direction: 'receive', signal, progress: upload, announcement } as const
    await runTransfer(session, plan, async (connection) => {
      await receiveFile(connection, upload, position, converter)
      // TLS tells the end of a file from the end of its client.
      if (session.data.isPrivate) return upload.finish()
      const requireClient = (): Promise<void> => requireClientOf(session)
      await requireClient()
      await upload.finish(requireClient)
    })
  } catch (error) {
    await upload.abort(ended(error))
    throw error
  }
}

/**
 * In clear a data connection ends in the same way at the end of a file and when its client is killed. Then the control
 * connection ends as well, in the same moment, which is known when the event loop has looked at all sockets again.
 * @throws FileServerError 'aborted'
 */
async function requireClientOf(session: FtpSession): Promise<void> {
  // Two turns: the first may belong to a look that was before.
  for (let turn = 0; turn < 2; turn++) await setImmediate()
  if (session.hasLostClient) throw new FileServerError('aborted', 'The connection was lost')
}

function ended(error: unknown): FileServerError {
  if (error instanceof FtpRefusal) return new FileServerError('aborted', error.message, { cause: error })
  return toFileServerError(error)
}

/** Never the plain name: an upload holds no name until it is whole, so several would find it free. */
async function openUnique(session: FtpSession, argument: string): Promise<Upload> {
  const wanted = argument.trim() || 'upload'
  for (let tries = 0; ; tries++) {
    const name = `${wanted}.${randomBytes(4).toString('hex')}`
    try {
      return await session.files.openUpload(parseVirtualPath(name, session.cwd), createOnly)
    } catch (error) {
      if (tries >= maxUniqueTries || !(hasCode(error, 'already-exists') || hasCode(error, 'is-a-directory')))
        throw error
    }
  }
}
