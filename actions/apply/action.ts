import { defineAction } from '../../src/action/define-action.ts'

export const apply = defineAction({
  name: 'apply',
  inputs: {
    mode: { kind: 'choice', choices: ['apply', 'command'], default: 'apply' },
    'allow-loss': { kind: 'lines' },
    'leave-deferred': { kind: 'boolean', default: false },
    round: { kind: 'count' },
    'plan-run': { kind: 'text' },
    'plan-of': { kind: 'text', default: '.github/workflows/plan.yml' },
  },
  outputs: ['targets'],
  run: async (inputs, world) => {
    if (inputs.mode === 'command') {
      const { applyByComment } = await import('../../src/commands/apply/by-comment.ts')
      const [token, workflow] = [inputs['github-token'], inputs['plan-of']]
      return applyByComment(world, { token, workflow, allowLoss: inputs['allow-loss'] })
    }
    const [{ apply }, { reviewsOnGitHub }] = await Promise.all([
      import('../../src/commands/apply.ts'),
      import('../../src/commands/apply/reviews.ts'),
    ])
    const token = inputs['github-token']
    if (inputs['plan-run'] !== undefined) {
      const { takePlanOf } = await import('../../src/commands/apply/from-run.ts')
      await takePlanOf(world, inputs['plan-run'], token)
    }
    const reviews = token === undefined ? {} : { reviews: reviewsOnGitHub(world.runtime, token) }
    return apply(
      { ...world, ...reviews },
      {
        allowLoss: inputs['allow-loss'],
        leaveDeferred: inputs['leave-deferred'],
        ...(inputs.round === undefined ? {} : { round: inputs.round }),
      },
    )
  },
})
