import { defineAction } from '../../src/action/define-action.ts'
import { given } from '../../src/domain/given.ts'
import { OPERATIONS } from '../../src/domain/operations.ts'

export const operate = defineAction({
  name: 'operate',
  inputs: {
    operation: { kind: 'choice', choices: OPERATIONS, required: true },
    service: { kind: 'name' },
    to: { kind: 'text' },
    tail: { kind: 'count' },
    since: { kind: 'text' },
    filter: { kind: 'text' },
    cost: { kind: 'boolean', default: false },
    stack: { kind: 'name' },
    yes: { kind: 'boolean', default: false },
    confirm: { kind: 'name' },
    'wait-lock': { kind: 'duration' },
  },
  outputs: ['table'],
  run: async (
    { operation, service, to, tail, since, filter, cost, stack, yes, confirm, ...inputs },
    world,
  ) => {
    const [{ operate }, { pullsOnGitHub }, { runsOnGitHub }, { deploymentsOnGitHub }] = await Promise.all([
      import('../../src/commands/operate.ts'),
      import('../../src/commands/operate/pulls.ts'),
      import('../../src/commands/operate/runs.ts'),
      import('../../src/commands/rollout/deployments.ts'),
    ])
    const pulls = pullsOnGitHub(world.runtime, inputs['github-token'])
    const runs = runsOnGitHub(world.runtime, inputs['github-token'])
    const deployments = deploymentsOnGitHub(world.runtime, inputs['github-token'])
    const waitLock = inputs['wait-lock']
    return operate(
      { ...world, ...given({ runs, pulls, deployments }) },
      {
        operation,
        ...given({ service, to, tail, since, filter, confirm, stack, waitLock }),
        cost,
        yes,
      },
    )
  },
})
