import { defineAction } from '../../src/action/define-action.ts'
import { given } from '../../src/domain/given.ts'

export const rollout = defineAction({
  name: 'rollout',
  inputs: {
    images: { kind: 'lines' },
    'force-reason': { kind: 'text' },
    'allow-older': { kind: 'boolean', default: false },
    'keep-models': { kind: 'boolean', default: false },
    'wait-lock': { kind: 'duration' },
  },
  outputs: ['release', 'previous', 'url'],
  run: async (inputs, world) => {
    const [{ rollout }, { deploymentsOnGitHub }] = await Promise.all([
      import('../../src/commands/rollout.ts'),
      import('../../src/commands/rollout/deployments.ts'),
    ])
    const deployments = deploymentsOnGitHub(world.runtime, inputs['github-token'])
    return rollout(
      { ...world, ...given({ deployments }) },
      {
        ...(inputs.images.length === 0 ? {} : { images: inputs.images }),
        ...given({ forceReason: inputs['force-reason'], waitLock: inputs['wait-lock'] }),
        allowOlder: inputs['allow-older'],
        keepModels: inputs['keep-models'],
      },
    )
  },
})
