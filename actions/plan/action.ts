import { defineAction } from '../../src/action/define-action.ts'

export const plan = defineAction({
  name: 'plan',
  inputs: { comment: { kind: 'boolean', default: true } },
  outputs: ['changes', 'fingerprint', 'comment-url'],
  run: async (inputs, world) => {
    const { plan } = await import('../../src/commands/plan.ts')
    const report = await plan(world, {})
    if (!inputs.comment) return report
    const { postPlan } = await import('../../src/commands/plan/post.ts')
    return postPlan(world, report, { token: inputs['github-token'] })
  },
})
