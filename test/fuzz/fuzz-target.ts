import type { Random } from './random.ts'

/** Something that takes what anybody may send. */
export interface FuzzTarget {
  readonly name: string
  /** Inputs of a run of a million and more. */
  readonly share: number
  open(): Promise<OpenFuzzTarget>
}

export interface OpenFuzzTarget extends AsyncDisposable {
  /** Inputs that are fed at the same time, each to a connection of its own; 1 for what answers at once. */
  readonly atOnce: number
  /**
   * Makes one input and feeds it. @throws when that is answered by anything but a refusal that is foreseen: what is
   * thrown is a finding
   */
  feed(random: Random): void | Promise<void>
  /** After the last input: whoever comes now is served as ever. @throws otherwise */
  stillWorks(): Promise<void>
}

/** A target that needs no server: a function that reads bytes. */
export function parserTarget(name: string, share: number, feed: (random: Random) => void): FuzzTarget {
  return {
    name,
    share,
    open: () =>
      Promise.resolve({
        atOnce: 1,
        feed,
        stillWorks: () => Promise.resolve(),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  }
}
