import type { SignInResult } from '../../../core/auth/sign-in.ts'
import { FileServerError } from '../../../core/errors.ts'
import { FtpRefusal } from '../ftp-reply.ts'
import type { FtpSession } from '../ftp-session.ts'
import type { CommandGroup } from './command.ts'

const defaultAuthTries = 3

export const accessCommands = {
  USER: {
    needsLogin: false,
    argument: 'required',
    replies: 'access',
    async run(session, argument) {
      if (session.isSignedIn) throw new FtpRefusal(530, 'Already signed in, open a new connection instead')
      session.username = ''
      // Refused here, the password is never sent in clear.
      if (!session.control.isSecure && (await needsTls(session, argument)))
        throw new FtpRefusal(530, 'Use AUTH TLS first')
      session.username = argument
      session.reply(331, 'Password, please')
    },
  },
  PASS: {
    needsLogin: false,
    argument: 'optional',
    replies: 'access',
    async run(session, password) {
      if (session.isSignedIn) throw new FtpRefusal(503, 'Already signed in')
      if (session.username === '') throw new FtpRefusal(503, 'Send USER first')
      const { username } = session
      session.username = ''
      session.hasTried = true
      session.isProving = true
      try {
        await signIn(session, username, password)
      } catch (error) {
        if (!(error instanceof FileServerError) || error.code !== 'access-denied') throw error
        session.failedLogins++
        const { maxAuthTries = defaultAuthTries } = session.options.limits
        if (session.failedLogins >= maxAuthTries) throw new FtpRefusal(421, 'Too many failed logins')
        throw error
      } finally {
        session.isProving = false
      }
    },
  },
  ACCT: {
    needsLogin: false,
    argument: 'optional',
    replies: 'access',
    run: (session) => session.reply(202, 'No account is needed'),
  },
  REIN: {
    needsLogin: false,
    argument: 'none',
    replies: 'access',
    run(session) {
      // RFC 959 lets a server refuse it; a new connection is the clean way to be somebody else.
      if (session.isSignedIn) throw new FtpRefusal(502, 'Open a new connection instead')
      session.username = ''
      session.reply(220, 'Ready for a new user')
    },
  },
  QUIT: {
    needsLogin: false,
    argument: 'none',
    replies: 'access',
    async run(session) {
      session.reply(221, 'Goodbye')
      session.control.end()
      void session.close('quit')
    },
  },
} satisfies CommandGroup

async function needsTls(session: FtpSession, username: string): Promise<boolean> {
  const { tls, signIn: door } = session.options
  return tls !== 'allowed' || (await door.requiresTls(username))
}

async function signIn(session: FtpSession, username: string, password: string): Promise<void> {
  const result: SignInResult = await session.options.signIn.signIn({
    protocol: 'FTP',
    username,
    remoteAddress: session.remoteAddress,
    clientVersion: session.clientName,
    encrypted: session.control.isSecure,
    credential: { method: 'password', password },
  })
  if (result.outcome !== 'accepted') throw new FileServerError('access-denied', 'Authentication failed')
  session.signedIn(result.session)
  session.reply(230, 'Signed in')
}
