import { defineAction } from '../../src/action/define-action.ts'

export const apply = defineAction({
  name: 'apply',
  inputs: { 'allow-loss': { kind: 'lines' } },
  outputs: ['targets'],
  run: async (inputs, world) => {
    const [{ apply }, { reviewsOnGitHub }] = await Promise.all([
      import('../../src/commands/apply.ts'),
      import('../../src/commands/apply/reviews.ts'),
    ])
    const token = inputs['github-token']
    const reviews = token === undefined ? {} : { reviews: reviewsOnGitHub(world.runtime, token) }
    return apply({ ...world, ...reviews }, { allowLoss: inputs['allow-loss'] })
  },
})
