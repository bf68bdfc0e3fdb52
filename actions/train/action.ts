import { defineAction } from '../../src/action/define-action.ts'
import { given } from '../../src/domain/given.ts'
import { parsePairs } from '../../src/domain/pairs.ts'

export const train = defineAction({
  name: 'train',
  inputs: {
    pipeline: { kind: 'name' },
    from: { kind: 'name' },
    parameters: { kind: 'lines' },
    force: { kind: 'boolean', default: false },
  },
  outputs: ['evaluation', 'model-version'],
  run: async ({ pipeline, from, parameters, force }, world) => {
    const { train } = await import('../../src/commands/train.ts')
    return train(world, { ...given({ pipeline, from }), parameters: parsePairs(parameters), force })
  },
})
