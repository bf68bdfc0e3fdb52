import { defineAction } from '../../src/action/define-action.ts'

export const synth = defineAction({
  name: 'synth',
  inputs: {
    out: { kind: 'path' },
  },
  outputs: ['directory'],
  run: async (inputs, world) => {
    const { synth } = await import('../../src/commands/synth.ts')
    return synth(world, inputs.out === undefined ? {} : { out: inputs.out })
  },
})
