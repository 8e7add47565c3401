import { createHash, type Hash } from 'node:crypto'
import { toFileServerError } from '../../core/errors.ts'
import type { UserFilesystem } from '../../core/files/user-filesystem.ts'
import { parseVirtualPath } from '../../core/files/virtual-path.ts'
import type { ExecStream } from './exec-stream.ts'
import type { SshChannel } from './ssh-channel.ts'

const chunkBytes = 256 * 1024

/** Prints like coreutils' md5sum and its sisters; without a file it hashes what the client sends. */
export async function hashFiles(
  files: UserFilesystem,
  channel: SshChannel,
  stream: ExecStream,
  command: { readonly name: string; readonly algorithm: string; readonly parameters: readonly string[] },
): Promise<number> {
  const names = command.parameters.filter((parameter) => parameter !== '--' && parameter !== '-b')
  if (names.length === 0) {
    const hash = createHash(command.algorithm)
    for (let bytes = await stream.read(chunkBytes); bytes; bytes = await stream.read(chunkBytes))
      hash.update(bytes)
    await stream.write(`${hash.digest('hex')}  -\n`)
    return 0
  }
  let status = 0
  for (const name of names)
    try {
      const hash = createHash(command.algorithm)
      await hashFile(files, stream, name, hash)
      await stream.write(lineOf(hash.digest('hex'), name))
    } catch (error) {
      channel.writeError(`${command.name}: ${name}: ${toFileServerError(error).message}\n`)
      status = 1
    }
  return status
}

async function hashFile(files: UserFilesystem, stream: ExecStream, name: string, hash: Hash): Promise<void> {
  const path = parseVirtualPath(name, files.startDirectory)
  const download = await files.openDownload(path, { isReported: false })
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes)
    for (let position = 0; !stream.isClosed;) {
      const count = await download.read(position, chunk)
      if (count === 0) break
      hash.update(chunk.subarray(0, count))
      position += count
    }
  } finally {
    await download.close()
  }
}

/** A backslash in front says that the name is escaped, as coreutils has it. */
function lineOf(hash: string, name: string): string {
  const escaped = name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return `${escaped === name ? '' : '\\'}${hash}  ${escaped}\n`
}
