/** A request that is sent before anything is drawn; the first to ask gets its answer, later ones a new one. */
export function early<T>(load: () => Promise<T>): () => Promise<T> {
  let first: Promise<T> | undefined = load()
  // Whoever asks hears of a failure; until then it is nobody's.
  first.catch(() => undefined)
  return () => {
    const answer = first ?? load()
    first = undefined
    return answer
  }
}
