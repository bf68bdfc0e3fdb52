import { defineAction } from '../../src/action/define-action.ts'
import { OPERATIONS } from '../../src/domain/operations.ts'

export const operate = defineAction({
  name: 'operate',
  inputs: {
    operation: { kind: 'choice', choices: OPERATIONS, required: true },
    service: { kind: 'name' },
    to: { kind: 'text' },
    tail: { kind: 'count' },
    since: { kind: 'text' },
    filter: { kind: 'text' },
  },
  outputs: ['table'],
  run: async (inputs, world) => {
    const { operate } = await import('../../src/commands/operate.ts')
    return operate(world, { operation: inputs.operation })
  },
})
