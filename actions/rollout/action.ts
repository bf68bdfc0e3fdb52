import { defineAction } from '../../src/action/define-action.ts'

export const rollout = defineAction({
  name: 'rollout',
  inputs: {
    images: { kind: 'lines' },
  },
  outputs: ['release', 'previous', 'url'],
  run: async (inputs, world) => {
    const { rollout } = await import('../../src/commands/rollout.ts')
    return rollout(world, { images: inputs.images })
  },
})
