import { accessCommands } from './access.ts'
import type { Command } from './command.ts'
import { directoryCommands } from './directories.ts'
import { fileCommands } from './files.ts'
import { FtpRefusal } from '../ftp-reply.ts'
import { hashCommands } from './hash.ts'
import { listingCommands } from './listing.ts'
import { passiveCommands } from './passive.ts'
import { securityCommands } from './security.ts'
import { settingCommands } from './settings.ts'
import { siteCommands } from './site.ts'
import { transferCommands } from './transfer.ts'

const help: Command = {
  needsLogin: false,
  argument: 'optional',
  replies: 'file',
  run: (session) => session.reply(214, ['These commands are known', ...helpLines(), 'End']),
}

/** Known names that this server has no use for: RFC 959 §5.4 tells them from unknown ones. */
const notImplemented: Command = {
  needsLogin: false,
  argument: 'optional',
  replies: 'file',
  run() {
    throw new FtpRefusal(502, 'Not implemented')
  },
}
const notImplementedVerbs = new Set(['SMNT', 'HOST', 'LANG', 'MFF', 'MFCT', 'COMB'])

const commands: ReadonlyMap<string, Command> = new Map<string, Command>(
  Object.entries({
    ...accessCommands,
    ...securityCommands,
    ...settingCommands,
    ...passiveCommands,
    ...directoryCommands,
    ...fileCommands,
    ...listingCommands,
    ...transferCommands,
    ...hashCommands,
    ...siteCommands,
    HELP: help,
  }),
)

/** `verb` in upper case; undefined for one that does not exist. */
export function commandFor(verb: string): Command | undefined {
  return commands.get(verb) ?? (notImplementedVerbs.has(verb) ? notImplemented : undefined)
}

function helpLines(): string[] {
  const verbs = [...commands.keys()].sort()
  const lines: string[] = []
  for (let at = 0; at < verbs.length; at += 10) lines.push(verbs.slice(at, at + 10).join(' '))
  return lines
}
