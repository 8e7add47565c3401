import { FtpRefusal } from '../ftp-reply.ts'
import type { CommandGroup } from './command.ts'

/** RFC 4217 and RFC 2228. */
export const securityCommands = {
  AUTH: {
    needsLogin: false,
    argument: 'required',
    replies: 'access',
    async run(session, argument) {
      if (!session.options.certificates) throw new FtpRefusal(502, 'TLS is not available')
      if (!/^(TLS|TLS-C|SSL|TLS-P)$/i.test(argument.trim())) throw new FtpRefusal(504, 'Use AUTH TLS')
      if (session.control.isSecure) throw new FtpRefusal(503, 'TLS is already on')
      if (session.isSignedIn) throw new FtpRefusal(503, 'Use AUTH TLS before USER')
      // What was sent in clear must not be taken for something that came through TLS.
      if (session.hasPendingInput) return session.hangUp('Nothing may follow AUTH before TLS')
      session.username = ''
      try {
        await session.secure(() => session.reply(234, 'Begin TLS'))
      } catch (error) {
        session.log.info({ err: error }, 'tls handshake failed')
        return session.control.destroy()
      }
      session.control.read()
    },
  },
  PBSZ: {
    needsLogin: false,
    argument: 'required',
    replies: 'access',
    run(session) {
      if (!session.control.isSecure) throw new FtpRefusal(503, 'Use AUTH TLS first')
      session.reply(200, 'PBSZ=0')
    },
  },
  PROT: {
    needsLogin: false,
    argument: 'required',
    replies: 'access',
    run(session, argument) {
      const level = argument.trim().toUpperCase()
      if (level === 'S' || level === 'E') throw new FtpRefusal(536, 'Use PROT P or PROT C')
      if (level !== 'P' && level !== 'C') throw new FtpRefusal(504, 'Use PROT P or PROT C')
      session.data.protect(level === 'P')
      session.reply(200, level === 'P' ? 'Data connections are private' : 'Data connections are clear')
    },
  },
  CCC: {
    needsLogin: false,
    argument: 'none',
    replies: 'access',
    run() {
      throw new FtpRefusal(534, 'The control connection stays protected')
    },
  },
} satisfies CommandGroup
