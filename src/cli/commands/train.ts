import { given } from '../../domain/given.ts'
import { PARAMETER } from '../common-options.ts'
import type { CommandSpec } from '../spec.ts'

export const TRAIN: CommandSpec = {
  name: 'train',
  summary: 'run the steps of a pipeline whose inputs changed, and register the model',
  environment: 'required',
  options: [
    {
      name: 'pipeline',
      kind: 'name',
      value: 'NAME',
      summary: 'the pipeline; needed where there are several',
    },
    { name: 'from', kind: 'name', value: 'STEP', summary: 'run this step and all that needs it' },
    PARAMETER,
    { name: 'force', kind: 'flag', summary: 'run every step, changed or not' },
  ],
  load: async (line) => {
    const { train } = await import('../../commands/train.ts')
    const { parsePairs } = await import('../../domain/pairs.ts')
    return (world) =>
      train(world, {
        ...given({ pipeline: line.text('pipeline'), from: line.text('from') }),
        parameters: parsePairs(line.list('param')),
        force: line.has('force'),
      })
  },
}
