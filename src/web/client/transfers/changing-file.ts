import { ApiFailure } from '../../shared/api.ts'

/** One that is written to all the time would be begun for ever. */
const maxAttempts = 3

/** Pieces of two states of a file would make one that never was. */
export class FileChanged extends ApiFailure {
  constructor() {
    super(409, { message: 'The file changes while it is read', error: 'changing' })
  }
}

/** Begins anew when the file has changed meanwhile. @throws FileChanged when it does so each time */
export async function untilUnchanged<T>(attempt: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++)
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof FileChanged) || attempts >= maxAttempts) throw error
    }
}
