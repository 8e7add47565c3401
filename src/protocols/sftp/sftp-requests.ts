import type { Session } from '../../core/auth/sign-in.ts'
import { FileServerError } from '../../core/errors.ts'
import type { Entry } from '../../core/files/storage.ts'
import type { Upload } from '../../core/files/upload.ts'
import { parentOf, parseVirtualPath, type VirtualPath } from '../../core/files/virtual-path.ts'
import type { DownloadReader } from './download-reader.ts'
import { type Handle, type OpenHandles } from './open-handles.ts'
import { PathOrder } from './path-order.ts'
import { decodeAttributes, encodeAttributes, withoutOwner } from './sftp-attributes.ts'
import {
  decodeHandle,
  encodeDataHeader,
  encodeHandle,
  encodeStatus,
  type FieldReader,
  FieldWriter,
  packetType,
} from './sftp-codec.ts'
import { copyData, encodeLimits, encodeSpace, maxReadLength } from './sftp-extensions.ts'
import { isOpenForChange, openDirectory, openFile } from './sftp-open.ts'
import { statusCode } from './sftp-status.ts'

/** What a request answers: a packet, nothing but success, or nothing yet because it answers by itself. */
export type Answer = Buffer | 'ok' | 'later'

/** Every request of version 3 but INIT and WRITE, and the extensions: decodes it and asks the user's file system. */
export class SftpRequests {
  readonly #session: Session
  readonly #handles: OpenHandles
  readonly #downloads: DownloadReader
  readonly #order = new PathOrder()

  constructor(session: Session, handles: OpenHandles, downloads: DownloadReader) {
    this.#session = session
    this.#handles = handles
    this.#downloads = downloads
  }

  /** @throws FileServerError, which the caller turns into a status */
  async answer(type: number, id: number, fields: FieldReader): Promise<Answer> {
    switch (type) {
      case packetType.open:
        return this.#open(id, fields)
      case packetType.close:
        return this.#closeHandle(this.#handles.remove(decodeHandle(fields.bytes())))
      case packetType.read:
        return this.#read(id, fields)
      case packetType.lstat:
      case packetType.stat: {
        const path = this.#path(fields)
        const { files } = this.#session
        return this.#ask(path, async () =>
          attributesReply(id, await (type === packetType.stat ? files.stat(path) : files.lstat(path))),
        )
      }
      case packetType.fstat:
        return attributesReply(id, await this.#statHandle(this.#opened(fields)))
      case packetType.setstat:
        return this.#setAttributes(fields, { followLink: true })
      case packetType.fsetstat:
        return this.#setHandleAttributes(fields)
      case packetType.opendir: {
        const path = this.#path(fields)
        await this.#handles.closes.of((upload) => parentOf(upload.path) === path)
        const open = () => this.#handles.open(() => openDirectory(this.#session.files, path))
        return this.#ask(path, async () => encodeHandle(id, await open()))
      }
      case packetType.readdir: {
        const handle = this.#opened(fields)
        if (handle.kind !== 'directory') throw new FileServerError('not-a-directory', 'Not a directory')
        return (await handle.listing.reply(id)) ?? encodeStatus(id, statusCode.eof, 'End of the directory')
      }
      case packetType.remove:
        return this.#change(fields, (path) => this.#session.files.removeFile(path))
      case packetType.mkdir:
        // Attributes sent along are left out: all directories are made alike.
        return this.#change(fields, (path) => this.#session.files.makeDirectory(path))
      case packetType.rmdir:
        return this.#change(fields, (path) => this.#session.files.removeDirectory(path))
      case packetType.realpath:
        return nameReply(id, this.#path(fields))
      case packetType.rename:
        // draft-ietf-secsh-filexfer-02 §6.5: it is an error if the new name is in use.
        return this.#rename(fields, { replace: false })
      case packetType.readlink: {
        const path = this.#path(fields)
        return this.#ask(path, async () => nameReply(id, await this.#session.files.readlink(path)))
      }
      case packetType.symlink:
        return this.#symlink(fields)
      case packetType.extended:
        return this.#extended(id, fields)
      default:
        throw new FileServerError('unsupported', 'This request is not supported')
    }
  }

  #open(id: number, fields: FieldReader): Promise<Answer> {
    const path = this.#path(fields)
    const flags = fields.uint32()
    // Attributes sent along are read and left out: all files are made alike.
    decodeAttributes(fields)
    return this.#inOrder([path], isOpenForChange(flags), async () => {
      const handle = await this.#handles.open(() => openFile(this.#session.files, path, flags))
      return encodeHandle(id, handle)
    })
  }

  async #closeHandle(handle: Handle): Promise<Answer> {
    switch (handle.kind) {
      case 'read':
        await this.#afterWrites(handle.path, () => handle.reads.idle())
        await handle.download.close()
        return 'ok'
      case 'write':
        // Whoever asks about the name from now on sees what was uploaded.
        return this.#order.run<Answer>([handle.path], true, async () => {
          await handle.queue.alone(() => handle.upload.finish()).finally(() => this.#handles.written(handle))
          return 'ok'
        })
      case 'directory':
        await handle.listing.close()
        return 'ok'
    }
  }

  #read(id: number, fields: FieldReader): Answer | Promise<Answer> {
    const handle = this.#opened(fields)
    const position = fields.uint64()
    const length = Math.min(fields.uint32(), maxReadLength)
    if (handle.kind === 'directory') throw new FileServerError('is-a-directory', 'Is a directory')
    if (handle.kind === 'read') {
      if (length === 0) return encodeDataHeader(id, 0)
      return this.#afterWrites(handle.path, () => {
        this.#downloads.read(handle.reads, { id, position, length })
        return 'later'
      })
    }
    if (!handle.mayRead) throw new FileServerError('permission-denied', 'Not open for reading')
    return handle.queue.alone(() => readBack(handle.upload, { id, position, length }))
  }

  #statHandle(handle: Handle): Entry | Promise<Entry> {
    switch (handle.kind) {
      case 'read':
        return this.#afterWrites(handle.path, () => handle.download.stat())
      case 'write':
        return handle.queue.alone(() => handle.upload.stat())
      case 'directory':
        return this.#session.files.stat(handle.path)
    }
  }

  #setAttributes(fields: FieldReader, options: { followLink: boolean }): Promise<Answer> {
    const path = this.#path(fields)
    const attributes = withoutOwner(decodeAttributes(fields))
    const change = () => this.#session.files.setAttributes(path, attributes, options)
    return this.#order.run<Answer>([path], true, async () => {
      await this.#afterWrites(path, change)
      return 'ok'
    })
  }

  async #setHandleAttributes(fields: FieldReader): Promise<Answer> {
    const handle = this.#opened(fields)
    const attributes = withoutOwner(decodeAttributes(fields))
    const { files } = this.#session
    if (handle.kind === 'write')
      await handle.queue.alone(() => files.setUploadAttributes(handle.upload, attributes))
    else {
      // By name, which may hold another file by now.
      const expected = handle.kind === 'read' ? { expected: handle.download.entry } : {}
      const change = () => files.setAttributes(handle.path, attributes, expected)
      await this.#order.run([handle.path], true, async () => this.#afterWrites(handle.path, change))
    }
    return 'ok'
  }

  #rename(fields: FieldReader, options: { replace: boolean }): Promise<Answer> {
    const from = this.#path(fields)
    const to = this.#path(fields)
    return this.#inOrder([from, to], true, async () => {
      await this.#session.files.rename(from, to, options)
      return 'ok'
    })
  }

  /** OpenSSH swapped the two paths of the draft's §6.10 long ago, and all clients follow it. */
  #symlink(fields: FieldReader): Promise<Answer> {
    const target = fields.text()
    const link = this.#path(fields)
    return this.#order.run<Answer>([link], true, async () => {
      await this.#session.files.symlink(target, link)
      return 'ok'
    })
  }

  async #extended(id: number, fields: FieldReader): Promise<Answer> {
    const { files } = this.#session
    switch (fields.text()) {
      case 'posix-rename@openssh.com':
        return this.#rename(fields, { replace: true })
      case 'statvfs@openssh.com': {
        const path = this.#path(fields)
        return this.#ask(path, async () => encodeSpace(id, await files.space(path)))
      }
      case 'fstatvfs@openssh.com':
        return encodeSpace(id, await files.space(this.#opened(fields).path))
      case 'fsync@openssh.com': {
        const handle = this.#opened(fields)
        if (handle.kind === 'write') await handle.queue.alone(() => handle.upload.sync())
        return 'ok'
      }
      case 'limits@openssh.com':
        return encodeLimits(id, this.#handles.limit)
      case 'lsetstat@openssh.com':
        return this.#setAttributes(fields, { followLink: false })
      case 'copy-data':
        return this.#copyData(fields)
      default:
        throw new FileServerError('unsupported', 'This extension is not supported')
    }
  }

  async #copyData(fields: FieldReader): Promise<Answer> {
    const source = this.#opened(fields)
    const from = fields.uint64()
    const length = fields.uint64()
    const target = this.#opened(fields)
    const to = fields.uint64()
    if (target.kind !== 'write') throw new FileServerError('permission-denied', 'Not open for writing')
    if (source.kind !== 'read')
      throw new FileServerError('unsupported', 'Data is copied only from a file open for reading alone')
    // Asked for now, so that two copies that cross each other do not wait for each other.
    const written = this.#handles.writesTo(source.path, { needed: true })
    await target.queue.alone(async () => {
      await written
      await copyData(source.download, { from, length: length === 0 ? Infinity : length }, target.upload, to)
    })
    return 'ok'
  }

  #change(fields: FieldReader, task: (path: VirtualPath) => Promise<void>): Promise<Answer> {
    const path = this.#path(fields)
    return this.#inOrder([path], true, async () => {
      await task(path)
      return 'ok'
    })
  }

  #ask(path: VirtualPath, task: () => Promise<Answer>): Promise<Answer> {
    return this.#inOrder([path], false, async () => this.#afterWrites(path, task, { needed: false }))
  }

  /** Changes wait for a CLOSE before which they would do something else than after it, and hold up what comes behind them. */
  #inOrder(paths: readonly VirtualPath[], isChange: boolean, task: () => Promise<Answer>): Promise<Answer> {
    const run = () => this.#order.run(paths, isChange, task)
    const closes = this.#handles.closes.of((upload) => paths.includes(upload.path), { isNeeded: isChange })
    return closes ? closes.then(run) : run()
  }

  /** As if each request were answered before the next is sent (draft-ietf-secsh-filexfer-02 §4.1), by whatever handle it writes. */
  #afterWrites<T>(path: VirtualPath, task: () => T | Promise<T>, { needed = true } = {}): T | Promise<T> {
    const writes = this.#handles.writesTo(path, { needed })
    return writes ? writes.then(task) : task()
  }

  #path(fields: FieldReader): VirtualPath {
    return parseVirtualPath(fields.text(), this.#session.files.startDirectory)
  }

  #opened(fields: FieldReader): Handle {
    return this.#handles.get(decodeHandle(fields.bytes()))
  }
}

async function readBack(
  upload: Upload,
  { id, position, length }: { id: number; position: number; length: number },
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  const count = await upload.read(position, bytes)
  if (count === 0 && length > 0) return encodeStatus(id, statusCode.eof, 'End of file')
  return Buffer.concat([encodeDataHeader(id, count), bytes.subarray(0, count)])
}

function attributesReply(id: number, entry: Entry): Buffer {
  return encodeAttributes(new FieldWriter(packetType.attrs, 64).uint32(id), entry).packet()
}

/** One name without attributes (draft-ietf-secsh-filexfer-02 §6.11). */
function nameReply(id: number, path: string): Buffer {
  return new FieldWriter(packetType.name).uint32(id).uint32(1).text(path).text(path).uint32(0).packet()
}
