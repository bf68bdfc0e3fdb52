import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Suites that take long, the longest first: one that begins late would have the machine to itself at the end. Those that mostly
 * wait stand between those that compute. A machine that has run the suites before would know it; a fresh one does not.
 */
export const LONGEST = [
  'test/e2e/infrastructure.test.ts',
  'test/workflows/images.test.ts',
  'test/e2e/plan-and-apply.test.ts',
  'test/e2e/fashion-catalog.test.ts',
  'test/workflows/first.test.ts',
  'test/e2e/chicago-crime.test.ts',
  'test/e2e/video-processing.test.ts',
  'test/e2e/paused-plan-gcp.test.ts',
  'test/e2e/paused-plan.test.ts',
  'test/workflows/cloud.test.ts',
  'test/e2e/cloud-run-rollout.test.ts',
  'test/e2e/video-processing-cloud.test.ts',
  'test/e2e/moved-and-own.test.ts',
  'test/e2e/ecs-rollout.test.ts',
  'test/workflows/local.test.ts',
  'test/gate/error-control.test.ts',
  'test/contract/batch-nodes-torch.test.ts',
  'test/cdktf/gcp/one-owner.test.ts',
  'test/workflows/containers.test.ts',
  'test/e2e/approval.test.ts',
  'test/contract/job-engine-aws.test.ts',
  'test/providers/aws/ecs/together.test.ts',
  'test/e2e/apply-by-comment.test.ts',
  'test/e2e/locks.test.ts',
  'test/contract/job-engine-ecs.test.ts',
  'test/e2e/act.test.ts',
  'test/e2e/guards.test.ts',
  'test/e2e/locks-moto.test.ts',
  'test/providers/aws/ecs/crash.test.ts',
  'test/e2e/filmlens.test.ts',
  'test/providers/aws/jobs-crash.test.ts',
  'test/providers/local/postgres/engine.test.ts',
  'test/images/store.test.ts',
  'test/e2e/faults.test.ts',
  'test/e2e/database-names.test.ts',
  'test/e2e/plan-canaries.test.ts',
  'test/providers/local/daemon/daemon.test.ts',
  'test/providers/aws/ecs/containers.test.ts',
  'test/e2e/previews.test.ts',
] as const

/** Long suites first, and then as Vitest has it. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const ranks = new Map<string, number>(LONGEST.map((path, rank) => [path, rank]))
    const rank = ({ moduleId }: TestSpecification): number =>
      ranks.get(relative(this.ctx.config.root, moduleId)) ?? LONGEST.length
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}
