import { FileServerError } from '../../../core/errors.ts'
import { type Fact, facts } from '../ftp-listing.ts'
import { FtpRefusal } from '../ftp-reply.ts'
import type { FtpSession } from '../ftp-session.ts'
import { hashNames } from '../hash-names.ts'
import type { Command, CommandGroup } from './command.ts'
import { replyStatOf } from './listing.ts'

const maxClientNameLength = 128

/** What a client sets and asks about the connection and the server. */
export const settingCommands = {
  FEAT: {
    needsLogin: false,
    argument: 'none',
    replies: 'file',
    run: (session) => session.reply(211, ['Features', ...features(session), 'End']),
  },
  OPTS: {
    needsLogin: false,
    argument: 'required',
    replies: 'file',
    run(session, argument) {
      const [name = '', ...values] = argument.trim().split(/ +/)
      const apply = options[name.toUpperCase() as keyof typeof options]
      if (!apply) throw new FtpRefusal(501, 'Unknown option')
      session.reply(200, apply(session, values.join(' ')))
    },
  },
  SYST: {
    needsLogin: false,
    argument: 'none',
    replies: 'file',
    run: (session) => session.reply(215, 'UNIX Type: L8'),
  },
  NOOP: {
    needsLogin: false,
    argument: 'optional',
    replies: 'file',
    run: (session) => session.reply(200, 'OK'),
  },
  CLNT: {
    needsLogin: false,
    argument: 'optional',
    replies: 'file',
    run(session, argument) {
      session.clientName = argument.slice(0, maxClientNameLength)
      session.reply(200, 'Noted')
    },
  },
  STAT: {
    needsLogin: true,
    argument: 'optional',
    replies: 'listing',
    async run(session, argument) {
      if (argument !== '') return replyStatOf(session, argument)
      const { control, data } = session
      const protection = control.tlsVersion ?? 'no TLS'
      session.reply(211, [
        'Status',
        `Signed in as ${session.session.user.username}, ${protection}`,
        `Type ${session.type}, data connections ${data.isPrivate ? 'private' : 'clear'}`,
        'End',
      ])
    },
  },
  TYPE: {
    needsLogin: true,
    argument: 'required',
    replies: 'file',
    run(session, argument) {
      const type = argument.trim().toUpperCase()
      if (/^A( N)?$/.test(type)) session.type = 'A'
      else if (/^(I|L ?8)$/.test(type)) session.type = 'I'
      else throw new FtpRefusal(504, 'Use TYPE A or TYPE I')
      session.reply(200, `Type is ${session.type}`)
    },
  },
  MODE: onlyValue('S'),
  STRU: onlyValue('F'),
  ALLO: {
    needsLogin: true,
    argument: 'optional',
    replies: 'store',
    async run(session, argument) {
      const wanted = /^\d{1,15}/.exec(argument.trim())
      if (wanted) {
        const { availableBytes } = await session.files.space(session.cwd)
        if (availableBytes < Number(wanted[0]))
          throw new FileServerError('quota-exceeded', 'Not that much room')
      }
      session.reply(200, 'OK')
    },
  },
  AVBL: {
    needsLogin: true,
    argument: 'optional',
    replies: 'file',
    async run(session, argument) {
      const { availableBytes } = await session.files.space(session.path(argument))
      session.reply(213, String(availableBytes))
    },
  },
} satisfies CommandGroup

function onlyValue(value: string): Command {
  return {
    needsLogin: true,
    argument: 'required',
    replies: 'file',
    run(session, argument) {
      if (argument.trim().toUpperCase() !== value) throw new FtpRefusal(504, `Only ${value} is known`)
      session.reply(200, 'OK')
    },
  }
}

const options = {
  UTF8: () => 'UTF-8 is always on',
  'UTF-8': () => 'UTF-8 is always on',
  MLST: chooseFacts,
  HASH: chooseHash,
} as const

function chooseFacts(session: FtpSession, argument: string): string {
  const wanted = argument.toLowerCase().split(';')
  const chosen = facts.filter((fact) => wanted.includes(fact.toLowerCase()))
  session.facts = new Set(chosen)
  return `MLST OPTS ${chosen.map((fact) => `${fact};`).join('')}`.trimEnd()
}

function chooseHash(session: FtpSession, argument: string): string {
  const name = argument.toUpperCase()
  const known = hashNames.find((candidate) => candidate === name)
  if (name !== '' && known === undefined) throw new FtpRefusal(501, 'Unknown algorithm')
  if (known !== undefined) session.hash = known
  return session.hash
}

/** RFC 2389 §3: what there is beyond RFC 959. */
function features(session: FtpSession): string[] {
  const mark = (fact: Fact): string => `${fact}${session.facts.has(fact) ? '*' : ''};`
  const hashes = hashNames.map((name) => (name === session.hash ? `${name}*` : name))
  const tls = session.options.certificates ? ['AUTH TLS', 'PBSZ', 'PROT'] : []
  return [
    ...tls,
    'AVBL',
    'CLNT',
    'EPSV',
    `HASH ${hashes.join(';')}`,
    'MD5',
    'MDTM',
    'MFMT',
    `MLST ${facts.map(mark).join('')}`,
    'REST STREAM',
    'SIZE',
    'TVFS',
    'UTF8',
    'XCRC',
    'XMD5',
    'XSHA',
    'XSHA1',
    'XSHA256',
    'XSHA512',
  ]
}
