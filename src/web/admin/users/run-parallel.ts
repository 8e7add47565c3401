/** Works through `items`, `width` at a time, in their order; `work` deals with its own failures. Ends early when aborted. */
export async function runParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const waiting = items.values()
  const worker = async () => {
    for (const item of waiting) {
      if (signal.aborted) return
      await work(item)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
}
