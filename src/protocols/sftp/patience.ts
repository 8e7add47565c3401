const turns = 10

/**
 * Calls `onEnd` after `ms` in which this process could have read what came, unless the answer is called before. Counted in
 * turns: of one timer, a moment in which the process or the machine stood still would use up all, and end it before what came
 * meanwhile is read.
 */
export function waitPatiently(ms: number, onEnd: () => void): () => void {
  let turnsLeft = turns
  const timer = setInterval(() => {
    if (--turnsLeft > 0) return
    clearInterval(timer)
    onEnd()
  }, ms / turns)
  return () => clearInterval(timer)
}
