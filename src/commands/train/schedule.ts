import type { StepGraph } from '../../domain/pipeline/graph.ts'

/**
 * Works through the steps, each after all that it needs, at most `limit` side by side. After a failure nothing new is
 * begun; what runs is awaited, so that its result is not lost, and then the first failure is thrown.
 */
export async function inOrder(
  graph: StepGraph,
  order: readonly string[],
  limit: number,
  work: (step: string) => Promise<void>,
): Promise<void> {
  const waiting = [...order]
  const done = new Set<string>()
  const running = new Map<string, Promise<void>>()
  let failure: { readonly error: unknown } | undefined
  while (running.size > 0 || (waiting.length > 0 && failure === undefined)) {
    for (const step of failure === undefined ? [...waiting] : []) {
      if (running.size >= limit) break
      if (!graph[step]?.needs.every((need) => done.has(need))) continue
      waiting.splice(waiting.indexOf(step), 1)
      const ended = work(step).then(
        () => void done.add(step),
        (error: unknown) => {
          failure ??= { error }
        },
      )
      running.set(
        step,
        ended.finally(() => running.delete(step)),
      )
    }
    await Promise.race(running.values())
  }
  if (failure !== undefined) throw failure.error
}
