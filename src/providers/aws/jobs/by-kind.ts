import type { Target } from '../../../domain/stacks/targets.ts'
import type { JobEngine } from '../../ports/jobs.ts'
import type { JobParts } from './relay.ts'
import { stepTarget } from './step-target.ts'

/** The engine of one kind of target. It knows its jobs by what it has recorded beside the ledger. */
export interface AwsEngine extends JobEngine {
  readonly kind: Target['kind']
  /** Was this job begun here? */
  knows(id: string): Promise<boolean>
  close(): void
}

type ClosableEngine = JobEngine & { close(): void }

/** A step starts on the engine of its target; afterwards a job is the engine's that knows it. `rest` takes all others. */
export function jobsByKind(
  { context, targets }: JobParts,
  rest: ClosableEngine,
  engines: readonly AwsEngine[],
): ClosableEngine {
  const begun = new Map<string, JobEngine>()
  const ownerOf = async (id: string): Promise<JobEngine> => {
    const known = begun.get(id)
    if (known !== undefined) return known
    for (const engine of engines) {
      if (!(await engine.knows(id))) continue
      begun.set(id, engine)
      return engine
    }
    return rest
  }
  return {
    start: async (spec) => {
      const { target } = stepTarget(context.system, await targets(), spec.step)
      const engine = engines.find(({ kind }) => kind === target.kind) ?? rest
      begun.set(spec.id, engine)
      await engine.start(spec)
    },
    wait: async (id) => (await ownerOf(id)).wait(id),
    status: async (id) => (await ownerOf(id)).status(id),
    stop: async (id) => (await ownerOf(id)).stop(id),
    async *logs(id) {
      yield* (await ownerOf(id)).logs(id)
    },
    close: () => {
      for (const engine of [rest, ...engines]) engine.close()
    },
  }
}
