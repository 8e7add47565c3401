import { Type } from 'typebox'

/** Milliseconds since the epoch; 0 = never. */
export const timestamp = (description: string) =>
  Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    format: 'int64',
    description: `${description} (ms since the epoch, 0 = never).`,
  })

/** The end of the year 9999 in UTC: what every client, and a browser's field for dates, can show. */
const latestDate = 253_402_300_799_999

/** A time that people set: as above, up to the year 9999. What is on a disk may be later. */
export const date = (description: string) =>
  Type.Integer({
    minimum: 0,
    maximum: latestDate,
    format: 'int64',
    description: `${description} (ms since the epoch, 0 = never, up to the year 9999).`,
  })

/** In a body that replaces: a change that was read before another one is refused. 0 is what a client sends that has read none. */
export const lastUpdate = timestamp(
  'The `updated_at` that was read; 409 `busy` when it is another now. Left out or 0: not compared',
)

/** Bytes, files, or sessions: never negative, exact in JSON. */
export const amount = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, format: 'int64', description })

export const text = (description: string) => Type.String({ maxLength: 4096, description })
