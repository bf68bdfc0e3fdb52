import type { CommandSpec } from '../spec.ts'

export const SYNTH: CommandSpec = {
  name: 'synth',
  summary: 'write the Terraform JSON of every stack',
  environment: 'required',
  options: [{ name: 'out', kind: 'text', value: 'DIR', summary: 'write to DIR/<stack>/ instead of .sluice' }],
  load: async (line) => {
    const { synth } = await import('../../commands/synth.ts')
    const out = line.text('out')
    return (world) => synth(world, out === undefined ? {} : { out })
  },
}
