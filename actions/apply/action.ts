import { defineAction } from '../../src/action/define-action.ts'

export const apply = defineAction({
  name: 'apply',
  inputs: {},
  outputs: ['targets'],
  run: async (_inputs, world) => {
    const { apply } = await import('../../src/commands/apply.ts')
    return apply(world, {})
  },
})
