/** Milliseconds since the epoch; passed in where a test needs to move time. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()
