/**
 * Waits for all, also when one fails early: what still starts cannot be stopped yet.
 * @throws the first failure, in the order of `works`
 */
export async function settleAll(works: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}
