import { given } from '../../domain/given.ts'
import type { CommandSpec } from '../spec.ts'

export const APPLY: CommandSpec = {
  name: 'apply',
  summary: 'apply exactly the plan that was approved',
  environment: 'required',
  options: [
    {
      name: 'approve',
      kind: 'text',
      value: 'PLANID',
      summary: 'approve this plan, where nobody can type its id',
    },
    {
      name: 'allow-loss',
      kind: 'text',
      many: true,
      value: 'NAME@PLANID',
      summary: 'let this go: ADDRESS@PLANID as plan shows it, or destroys@PLANID',
    },
  ],
  load: async (line) => {
    const { apply } = await import('../../commands/apply.ts')
    const options = { ...given({ approve: line.text('approve') }), allowLoss: line.list('allow-loss') }
    return (world) => apply(world, options)
  },
}
