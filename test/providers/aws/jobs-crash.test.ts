import { expect, test } from 'vitest'
import { type Engine, openAwsJobsWorld, order, stepOn } from '../../world/aws-jobs-world.ts'
import { Wire } from '../../world/faults.ts'

const PROGRAMS = { trains: { says: ['epoch 1'], lasts: 90_000 } }

/** Starts and follows a job, killed at one request; then somebody does it again. */
async function killedThenAgain(kind: Engine, k: number, when: 'before' | 'after') {
  await using world = await openAwsJobsWorld({ programs: PROGRAMS, placing: 30_000 })
  const spec = order('train-1', 'trains', stepOn(kind, { timeout: 600_000 }))
  const wire = new Wire((_, n) => (n === k ? { kind: 'kill', when } : undefined))
  const first = world.client(kind, wire)
  const ended = await wire.run(first.engine.start(spec).then(() => first.engine.wait('train-1')))
  const again = world.client(kind)
  await again.engine.start(spec)
  const status = await again.engine.wait('train-1')
  const { batch, sagemaker } = world.door
  return {
    ended,
    status,
    requests: wire.requests,
    jobs: batch.jobs.length + sagemaker.trainings.length,
  }
}

test.each(['batch', 'nodes', 'sagemaker', 'spot'] as const)(
  'R33 a %s step killed at any request, on both sides of its effect, is one job when it is run again',
  async (kind) => {
    const whole = await killedThenAgain(kind, Number.POSITIVE_INFINITY, 'before')
    expect(whole.ended).toMatchObject({ state: 'succeeded' })
    expect(whole.requests.length).toBeGreaterThan(10)
    let killed = 0
    // What only follows the job is the same again and again: the first looks stand for all.
    for (let k = 1; k <= Math.min(whole.requests.length, 24); k++) {
      for (const when of ['before', 'after'] as const) {
        const { ended, status, jobs } = await killedThenAgain(kind, k, when)
        const at = `${when} request ${k}, ${whole.requests[k - 1]}`
        if (ended !== 'killed') continue
        killed++
        expect(status, at).toMatchObject({ state: 'succeeded', exitCode: 0 })
        expect(jobs, at).toBe(1)
      }
    }
    expect(killed).toBeGreaterThan(20)
  },
  120_000,
)
