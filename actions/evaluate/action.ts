import { defineAction } from '../../src/action/define-action.ts'

export const evaluate = defineAction({
  name: 'evaluate',
  inputs: {
    environment: { kind: 'name' },
    model: { kind: 'name' },
    evidence: { kind: 'path' },
    policy: { kind: 'path' },
    html: { kind: 'path' },
  },
  outputs: ['verdict', 'report'],
  run: async (inputs, world) => {
    const { evaluate } = await import('../../src/commands/evaluate.ts')
    return evaluate(world, inputs)
  },
})
