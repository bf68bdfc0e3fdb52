import { defineAction } from '../../src/action/define-action.ts'
import { given } from '../../src/domain/given.ts'
import { parsePairs } from '../../src/domain/pairs.ts'

export const release = defineAction({
  name: 'release',
  inputs: {
    train: { kind: 'boolean', default: false },
    parameters: { kind: 'lines' },
    'force-reason': { kind: 'text' },
    'allow-older': { kind: 'boolean', default: false },
    'keep-models': { kind: 'boolean', default: false },
    'wait-lock': { kind: 'duration' },
  },
  outputs: ['release', 'previous', 'url', 'verdict'],
  run: async (inputs, world) => {
    const [{ release }, { deploymentsOnGitHub }] = await Promise.all([
      import('../../src/commands/release.ts'),
      import('../../src/commands/rollout/deployments.ts'),
    ])
    const deployments = deploymentsOnGitHub(world.runtime, inputs['github-token'])
    return release(
      { ...world, ...given({ deployments }) },
      {
        train: inputs.train,
        parameters: parsePairs(inputs.parameters),
        ...given({ forceReason: inputs['force-reason'], waitLock: inputs['wait-lock'] }),
        allowOlder: inputs['allow-older'],
        keepModels: inputs['keep-models'],
      },
    )
  },
})
