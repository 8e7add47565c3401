import { FtpRefusal } from '../ftp-reply.ts'
import type { FtpSession } from '../ftp-session.ts'
import type { CommandGroup } from './command.ts'

export const siteCommands = {
  SITE: {
    needsLogin: true,
    argument: 'required',
    replies: 'file',
    async run(session, argument) {
      const [verb = '', ...rest] = argument.trim().split(' ')
      switch (verb.toUpperCase()) {
        case 'CHMOD':
          return changeMode(session, rest.join(' '))
        case 'HELP':
          return session.reply(214, ['These SITE commands are known', 'CHMOD HELP', 'End'])
        default:
          throw new FtpRefusal(504, 'Unknown SITE command')
      }
    },
  },
} satisfies CommandGroup

async function changeMode(session: FtpSession, argument: string): Promise<void> {
  const match = /^([0-7]{3,4}) (.+)$/.exec(argument)
  if (!match) throw new FtpRefusal(501, 'SITE CHMOD needs an octal mode and a name')
  const [, mode = '', name = ''] = match
  await session.files.setAttributes(session.path(name), { mode: Number.parseInt(mode, 8) })
  session.reply(200, 'Mode changed')
}
