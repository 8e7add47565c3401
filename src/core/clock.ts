/** Milliseconds since the epoch; passed in where a test needs to move time. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()

/**
 * For how long something lasts or is good for: goes on evenly when the time of the machine is set, by hand or from the network. Means
 * nothing outside this process.
 */
export const steadyClock: Clock = () => performance.timeOrigin + performance.now()
