import { FtpRefusal } from '../ftp-reply.ts'
import type { Command, CommandGroup } from './command.ts'

/** Active mode would let a client send the server to any address (RFC 2577 §3), and fails from inside a container. */
const activeMode: Command = {
  needsLogin: true,
  argument: 'optional',
  replies: 'file',
  run() {
    throw new FtpRefusal(502, 'This server is passive only, use EPSV or PASV')
  },
}

export const passiveCommands = {
  PASV: {
    needsLogin: true,
    argument: 'none',
    replies: 'file',
    isLong: true,
    async run(session, _argument, signal) {
      if (session.isExtendedPassiveOnly) throw new FtpRefusal(503, 'EPSV ALL was sent, use EPSV')
      const { passiveAddress } = session.options
      const address = await passiveAddress.addressFor(session.control.localAddress)
      if (address === undefined) throw new FtpRefusal(425, 'No IPv4 address to tell, use EPSV')
      const port = await session.data.claimPort(signal)
      const numbers = [...address.split('.'), port >> 8, port & 0xff]
      session.reply(227, `Entering Passive Mode (${numbers.join(',')})`)
    },
  },
  EPSV: {
    needsLogin: true,
    argument: 'optional',
    replies: 'file',
    isLong: true,
    async run(session, argument, signal) {
      const wanted = argument.trim().toUpperCase()
      if (wanted === 'ALL') {
        session.isExtendedPassiveOnly = true
        return session.reply(200, 'EPSV only from now on')
      }
      // Behind a proxy the family the client speaks is not the one that arrives here, so both are right.
      if (!['', '1', '2'].includes(wanted)) throw new FtpRefusal(522, 'Protocol not supported, use (1,2)')
      const port = await session.data.claimPort(signal)
      session.reply(229, `Entering Extended Passive Mode (|||${port}|)`)
    },
  },
  PORT: activeMode,
  EPRT: activeMode,
} satisfies CommandGroup
