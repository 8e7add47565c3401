import type { Session } from '../../core/auth/sign-in.ts'
import { FileServerError, hasCode, toFileServerError } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import { ChunkQueue } from './chunk-queue.ts'
import { DownloadReader } from './download-reader.ts'
import { type HandleBudget, OpenHandles } from './open-handles.ts'
import { giveBack } from './receive-slabs.ts'
import { decodeHandle, encodeStatus, FieldReader, FieldWriter, packetType } from './sftp-codec.ts'
import { extensions } from './sftp-extensions.ts'
import { FramingError, SftpPacketReader, type WriteRequest } from './sftp-packet-reader.ts'
import { SftpRequests } from './sftp-requests.ts'
import { malformed, statusCode, statusOf } from './sftp-status.ts'
import type { SshChannel } from './ssh-channel.ts'

const protocolVersion = 3
/** Requests of one channel that are worked on; more wait unread, and the client's window with them. */
const maxRequests = 512

/** SFTP version 3 over one channel (draft-ietf-secsh-filexfer-02): takes packets in, sends answers out, holds back. */
export class SftpSession {
  readonly #channel: SshChannel
  readonly #session: Session
  readonly #log: Log
  readonly #onViolation: (text: string) => void
  readonly #handles: OpenHandles
  readonly #input = new ChunkQueue()
  readonly #packets: SftpPacketReader
  readonly #downloads: DownloadReader
  readonly #requests: SftpRequests
  #isInitialised = false
  #isEnded = false
  #isReading = false
  #running = 0
  /** Bytes of data handed on as WRITEs and not given back to the window yet. */
  #held = 0

  constructor(options: {
    channel: SshChannel
    session: Session
    handles: HandleBudget
    log: Log
    /** The client broke the protocol beyond repair; the connection has to end. */
    onViolation: (text: string) => void
  }) {
    this.#channel = options.channel
    this.#session = options.session
    this.#log = options.log
    this.#onViolation = options.onViolation
    this.#handles = new OpenHandles(options.handles)
    this.#packets = new SftpPacketReader({
      onPacket: (type, fields) => this.#onPacket(type, fields),
      onWrite: (request) => this.#onWrite(request),
      onBrokenWrite: (id) => this.#reply(encodeStatus(id, statusCode.badMessage, 'The WRITE is malformed')),
    })
    this.#downloads = new DownloadReader(this.#channel, {
      end: (id) => this.#reply(encodeStatus(id, statusCode.eof, 'End of file')),
      failure: (id, error) => this.#replyFailure(id, error),
      onAnswered: (count) => this.#answered(count),
    })
    this.#requests = new SftpRequests(options.session, this.#handles, this.#downloads)
    const { channel } = options
    channel.givesBack = true
    channel.onData = (bytes) => {
      this.#input.push(bytes)
      this.#readInput()
    }
    channel.onRoom = () => {
      this.#downloads.pump()
      this.#readInput()
    }
    channel.onEnd = () => {
      this.#isEnded = true
      this.#endWhenDone()
    }
  }

  /** The channel is gone: what is still open ends with it. */
  close(): void {
    this.#isEnded = true
    for (let chunk = this.#input.take(); chunk; chunk = this.#input.take()) giveBack(chunk)
    Promise.all([this.#downloads.end(), this.#handles.endAll()]).catch((error: unknown) => {
      this.#log.warn({ err: error, ...this.#session.actor() }, 'open files not ended')
    })
  }

  /** A client that sends no more gets its answers, then the exit status and the end: clients wait for both. */
  #endWhenDone(): void {
    if (!this.#isEnded || this.#running > 0 || this.#input.length > 0) return
    this.#handles.endAll().then(
      () => this.#channel.end(0),
      () => this.#channel.end(1),
    )
  }

  #readInput(): void {
    if (this.#isReading) return
    this.#isReading = true
    try {
      while (this.#running < maxRequests && this.#channel.hasRoom) {
        const chunk = this.#input.take()
        if (!chunk) break
        const heldBefore = this.#held + this.#packets.writeBytes
        const pendingBefore = this.#packets.pendingBytes
        const rest = this.#packets.feed(chunk)
        this.#input.putBack(rest)
        // What was read is dealt with, but for the data of WRITEs: its turn comes when it is stored.
        const used = chunk.length - rest.length - (this.#held + this.#packets.writeBytes - heldBefore)
        giveBack(chunk, used)
        this.#channel.consume(used - (this.#packets.pendingBytes - pendingBefore))
      }
    } catch (error) {
      if (!(error instanceof FramingError)) throw error
      this.#input.clear()
      this.#onViolation(`SFTP: ${error.message}`)
    } finally {
      this.#isReading = false
    }
    this.#endWhenDone()
  }

  #onPacket(type: number, packet: Buffer): void {
    const fields = new FieldReader(packet)
    if (type === packetType.init) return this.#initialise(fields)
    if (!this.#isInitialised) return this.#onViolation('SFTP: request before INIT')
    if (fields.left < 4) return this.#onViolation('SFTP: request without an id')
    const id = fields.uint32()
    this.#running++
    this.#requests.answer(type, id, fields).then(
      (answer) => {
        if (answer === 'later') return
        this.#reply(answer === 'ok' ? encodeStatus(id, statusCode.ok) : answer)
        this.#answered(1)
      },
      (error: unknown) => {
        this.#replyFailure(id, error)
        this.#answered(1)
      },
    )
  }

  #initialise(fields: FieldReader): void {
    if (this.#isInitialised) return this.#onViolation('SFTP: more than one INIT')
    if (fields.left < 4) return this.#onViolation('SFTP: malformed INIT')
    this.#isInitialised = true
    const version = new FieldWriter(packetType.version, 512).uint32(protocolVersion)
    for (const [name, value] of Object.entries(extensions)) version.text(name).text(value)
    this.#reply(version.packet())
  }

  #onWrite(request: WriteRequest): void {
    if (!this.#isInitialised) return this.#onViolation('SFTP: request before INIT')
    const { id, length, chunks } = request
    const position = request.position[0] * 0x1_0000_0000 + request.position[1]
    this.#held += length
    this.#running++
    const onDone = (error?: unknown) => {
      this.#held -= length
      for (const chunk of chunks) giveBack(chunk)
      this.#channel.consume(length)
      if (error === undefined) this.#reply(encodeStatus(id, statusCode.ok))
      else this.#replyFailure(id, error)
      this.#answered(1)
    }
    try {
      const handle = this.#handles.get(decodeHandle(request.handle))
      if (handle.kind !== 'write') throw new FileServerError('permission-denied', 'Not open for writing')
      if (!Number.isSafeInteger(position + length)) throw malformed('A position is out of range')
      handle.queue.write({ position, chunks, length, onDone })
    } catch (error) {
      // Not now: the bytes are still being counted.
      setImmediate(onDone, error)
    }
  }

  #reply(packet: Buffer): void {
    this.#channel.write(packet)
  }

  #replyFailure(id: number, error: unknown): void {
    if (hasCode(toFileServerError(error), 'storage-failure'))
      this.#log.warn({ err: error, ...this.#session.actor() }, 'sftp request failed')
    const { code, message } = statusOf(error)
    this.#reply(encodeStatus(id, code, message))
  }

  #answered(count: number): void {
    this.#running -= count
    if (this.#input.length > 0) this.#readInput()
    else this.#endWhenDone()
  }
}
