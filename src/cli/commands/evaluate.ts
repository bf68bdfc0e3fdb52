import { given } from '../../domain/given.ts'
import type { CommandSpec } from '../spec.ts'

export const EVALUATE: CommandSpec = {
  name: 'evaluate',
  summary: 'judge a challenger against the champion: promote, reject or inconclusive',
  environment: { unless: ['evidence', 'policy'] },
  options: [
    { name: 'model', kind: 'name', value: 'NAME', summary: 'the model; needed where there are several' },
    {
      name: 'evidence',
      kind: 'text',
      value: 'FILE',
      summary: 'judge this evidence; without --env it needs --policy',
    },
    {
      name: 'policy',
      kind: 'text',
      value: 'FILE',
      summary: 'the policy: a file, or sluice.yml#models.NAME',
    },
    {
      name: 'look',
      kind: 'count',
      value: 'NUMBER',
      summary: 'the how-manieth look this is, where no ledger counts them',
    },
    { name: 'explain', kind: 'flag', summary: 'show how the verdict was reached' },
    { name: 'html', kind: 'text', value: 'FILE', summary: 'write the report as HTML' },
  ],
  load: async (line) => {
    const { evaluate } = await import('../../commands/evaluate.ts')
    const options = {
      ...given({
        model: line.text('model'),
        evidence: line.text('evidence'),
        policy: line.text('policy'),
        html: line.text('html'),
        look: line.count('look'),
      }),
      explain: line.has('explain'),
    }
    return (world) => evaluate(world, options)
  },
}
