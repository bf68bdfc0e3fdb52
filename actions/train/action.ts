import { defineAction } from '../../src/action/define-action.ts'

export const train = defineAction({
  name: 'train',
  inputs: {
    pipeline: { kind: 'name' },
    force: { kind: 'boolean', default: false },
  },
  outputs: ['evaluation', 'model-version'],
  run: async (inputs, world) => {
    const { train } = await import('../../src/commands/train.ts')
    const pipeline = inputs.pipeline === undefined ? {} : { pipeline: inputs.pipeline }
    return train(world, { ...pipeline, force: inputs.force })
  },
})
