import { MOVING, moving, PARAMETER } from '../common-options.ts'
import type { CommandSpec } from '../spec.ts'

export const RELEASE: CommandSpec = {
  name: 'release',
  summary: 'build, train and evaluate what changed, then roll it out',
  environment: 'required',
  options: [
    { name: 'train', kind: 'flag', summary: 'run every training step, changed or not' },
    PARAMETER,
    ...MOVING,
  ],
  load: async (line) => {
    const { release } = await import('../../commands/release.ts')
    const { parsePairs } = await import('../../domain/pairs.ts')
    const parameters = parsePairs(line.list('param'))
    const options = { train: line.has('train'), parameters, ...moving(line) }
    return (world) => release(world, options)
  },
}
