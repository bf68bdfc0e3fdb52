/** Works on all items, `limit` at a time; after the first failure nothing more is begun, and what runs is waited for. */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values()
  const failures: unknown[] = []
  const one = async (): Promise<void> => {
    for (const item of rest) {
      if (failures.length > 0) return
      try {
        await work(item)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, one))
  if (failures.length > 0) throw failures[0]
}
