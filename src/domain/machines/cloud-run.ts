const MIB = 2 ** 20
const GIB = 2 ** 30

/** vCPU -> least and most bytes (https://cloud.google.com/run/docs/configuring/services/cpu). */
const SIZES: ReadonlyMap<number, readonly [least: number, most: number]> = new Map([
  [1, [512 * MIB, 4 * GIB]],
  [2, [512 * MIB, 8 * GIB]],
  [4, [2 * GIB, 16 * GIB]],
  [6, [4 * GIB, 24 * GIB]],
  [8, [4 * GIB, 32 * GIB]],
])
const WHOLE = [...SIZES.keys()].join(', ')

/** What runs: only a service that takes requests can have less than one vCPU. */
export type CloudRunKind = 'service' | 'worker pool' | 'job'

/** What Cloud Run does not have about a size, in words; undefined where it has it. `memory` in bytes. */
export function cloudRunProblem(kind: CloudRunKind, cpu: number, memory: number): string | undefined {
  if (cpu < 1) {
    if (kind !== 'service') return `a ${kind} of Cloud Run has ${WHOLE} vCPU`
    if (cpu < 0.08) return `a service of Cloud Run has 0.08 to ${WHOLE} vCPU`
    const most = cpu < 0.5 ? 512 * MIB : GIB
    return memory >= 128 * MIB && memory <= most
      ? undefined
      : `with ${cpu} vCPU Cloud Run has 128MiB to ${size(most)}`
  }
  const range = SIZES.get(cpu)
  if (range === undefined)
    return `a ${kind} of Cloud Run has ${kind === 'service' ? '0.08 to ' : ''}${WHOLE} vCPU`
  const [least, most] = range
  return memory >= least && memory <= most
    ? undefined
    : `with ${cpu} vCPU Cloud Run has ${size(least)} to ${size(most)}`
}

/** Requests that one copy takes at once; less than one vCPU takes one (the same page). */
export function cloudRunConcurrency(cpu: number): number {
  return cpu < 1 ? 1 : 80
}

const size = (bytes: number): string => (bytes < GIB ? `${bytes / MIB}MiB` : `${bytes / GIB}GiB`)
