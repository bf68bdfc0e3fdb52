import { defineAction } from '../../src/action/define-action.ts'

export const plan = defineAction({
  name: 'plan',
  inputs: {},
  outputs: ['changes', 'fingerprint', 'comment-url'],
  run: async (_inputs, world) => {
    const { plan } = await import('../../src/commands/plan.ts')
    return plan(world, {})
  },
})
