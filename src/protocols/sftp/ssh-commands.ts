import type { Session } from '../../core/auth/sign-in.ts'
import { toFileServerError } from '../../core/errors.ts'
import type { SessionProtocol } from '../../core/events/events.ts'
import { commandPatterns, commandWords } from './command-words.ts'
import { ExecStream } from './exec-stream.ts'
import { hashFiles } from './hash-command.ts'
import { parseScp } from './scp.ts'
import { sendFiles } from './scp-source.ts'
import { receiveFiles } from './scp-sink.ts'
import type { SshChannel } from './ssh-channel.ts'

export interface SshCommand {
  readonly protocol: SessionProtocol
  /** Answers the exit status. */
  run(session: Session, channel: SshChannel): Promise<number>
}

/** The hash programs that clients call to check what they moved, and OpenSSL's names of their algorithms. */
const hashAlgorithms: Readonly<Record<string, string>> = {
  md5sum: 'md5',
  sha1sum: 'sha1',
  sha256sum: 'sha256',
  sha384sum: 'sha384',
  sha512sum: 'sha512',
}

/** Everything that an exec request can ask for. */
export const sshCommandNames: readonly string[] = [...Object.keys(hashAlgorithms), 'cd', 'pwd', 'scp']

/** Answers a command line that is not UTF-8: as text it could name another file than the client means. */
export const unreadableCommand: SshCommand = {
  protocol: 'SSH',
  run(_session, channel) {
    channel.writeError('The command line is not valid UTF-8\n')
    return Promise.resolve(1)
  },
}

/** What answers a command line, or undefined. No command reaches a shell or a program. */
export function findCommand(commandLine: string): SshCommand | undefined {
  const [name = '', ...parameters] = commandWords(commandLine) ?? []
  const algorithm = Object.hasOwn(hashAlgorithms, name) ? hashAlgorithms[name] : undefined
  if (algorithm !== undefined)
    return {
      protocol: 'SSH',
      run: (session, channel) =>
        hashFiles(session.files, channel, new ExecStream(channel), { algorithm, parameters, name }),
    }
  switch (name) {
    // What a shell would make of more words is nothing that we do, so it is not answered as if it were.
    case 'cd':
      return parameters.length > 1 ? undefined : { protocol: 'SSH', run: () => Promise.resolve(0) }
    case 'pwd':
      return parameters.length > 0
        ? undefined
        : {
            protocol: 'SSH',
            run: (session, channel) => answer(channel, `${session.files.startDirectory}\n`),
          }
    case 'scp':
      return scpCommand(parameters, commandPatterns(commandLine)?.slice(1) ?? [])
    default:
      return undefined
  }
}

function scpCommand(parameters: readonly string[], patterns: readonly string[]): SshCommand | undefined {
  const request = parseScp(parameters, patterns)
  if (!request) return undefined
  return {
    protocol: 'SCP',
    async run(session, channel) {
      const stream = new ExecStream(channel)
      try {
        return await (request.direction === 'from-us'
          ? sendFiles(session.files, stream, request)
          : receiveFiles(session.files, stream, request))
      } catch (error) {
        channel.writeError(`scp: ${toFileServerError(error).message}\n`)
        return 1
      }
    },
  }
}

function answer(channel: SshChannel, text: string): Promise<number> {
  channel.write(Buffer.from(text))
  return Promise.resolve(0)
}
