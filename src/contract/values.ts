import { Type } from 'typebox'

/** Milliseconds since the epoch; 0 = never. */
export const timestamp = (description: string) =>
  Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    format: 'int64',
    description: `${description} (ms since the epoch, 0 = never).`,
  })

/** In a body that replaces: a change that was read before another one is refused. 0 is what a client sends that has read none. */
export const lastUpdate = timestamp(
  'The `updated_at` that was read; 409 `busy` when it is another now. Left out or 0: not compared',
)

/** Bytes, files, or sessions: never negative, exact in JSON. */
export const amount = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, format: 'int64', description })

export const text = (description: string) => Type.String({ maxLength: 4096, description })
