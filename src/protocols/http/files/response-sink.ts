import type { ServerResponse } from 'node:http'
import { FileServerError } from '../../../core/errors.ts'
import type { ByteSink } from '../../../core/files/pump-download.ts'

/** The body of an answer, piece by piece as the client takes it. */
export class ResponseSink implements ByteSink {
  readonly #response: ServerResponse
  readonly #waiting = new Set<(failure: FileServerError) => void>()

  constructor(response: ServerResponse) {
    this.#response = response
    // Not every write hears of it from Node: those that wait behind another answer do not.
    response.once('close', () => {
      for (const fail of this.#waiting) fail(clientLeft())
    })
  }

  get isFlushed(): boolean {
    return !this.#response.destroyed && this.#response.writableLength === 0
  }

  write(piece: Buffer): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    if (this.#response.closed) {
      reject(clientLeft())
      return promise
    }
    this.#waiting.add(reject)
    this.#response.write(piece, (error) => {
      this.#waiting.delete(reject)
      if (error) reject(clientLeft())
      else resolve()
    })
    return promise
  }
}

function clientLeft(): FileServerError {
  return new FileServerError('aborted', 'The client went away')
}
