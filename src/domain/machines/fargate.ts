const GIB = 2 ** 30
const step = (from: number, to: number, by: number): number[] =>
  Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, i) => from + i * by)

/** vCPU -> GiB that go with it (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html). */
const PAIRS: ReadonlyMap<number, readonly number[]> = new Map([
  [0.25, [0.5, 1, 2]],
  [0.5, step(1, 4, 1)],
  [1, step(2, 8, 1)],
  [2, step(4, 16, 1)],
  [4, step(8, 30, 1)],
  [8, step(16, 60, 4)],
  [16, step(32, 120, 8)],
])

/** What Fargate does not have about a size, in words; undefined where it has it. `memory` in bytes. */
export function fargateProblem(cpu: number, memory: number): string | undefined {
  const sizes = PAIRS.get(cpu)
  if (sizes === undefined) return `Fargate has ${[...PAIRS.keys()].join(', ')} vCPU`
  if (sizes.includes(memory / GIB)) return undefined
  return `with ${cpu} vCPU Fargate has ${sizes.map(size).join(', ')}`
}

const size = (gib: number): string => (gib < 1 ? `${gib * 1024}MiB` : `${gib}GiB`)
