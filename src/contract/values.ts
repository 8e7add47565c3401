import { Type } from 'typebox'

/** Milliseconds since the epoch; 0 = never. */
export const timestamp = (description: string) =>
  Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    format: 'int64',
    description: `${description} (ms since the epoch, 0 = never).`,
  })

/** Bytes, files, or sessions: never negative, exact in JSON. */
export const amount = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, format: 'int64', description })

export const text = (description: string) => Type.String({ maxLength: 4096, description })
