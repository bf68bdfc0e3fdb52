import { defineAction } from '../../src/action/define-action.ts'
import { given } from '../../src/domain/given.ts'

export const evaluate = defineAction({
  name: 'evaluate',
  inputs: {
    environment: { kind: 'name' },
    model: { kind: 'name' },
    evidence: { kind: 'path' },
    policy: { kind: 'path' },
    html: { kind: 'path' },
    look: { kind: 'count' },
    explain: { kind: 'boolean', default: true },
  },
  outputs: ['verdict', 'report'],
  run: async ({ model, evidence, policy, html, look, explain }, world) => {
    const { evaluate } = await import('../../src/commands/evaluate.ts')
    return evaluate(world, { ...given({ model, evidence, policy, html, look }), explain })
  },
})
