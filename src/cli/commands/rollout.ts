import { MOVING, moving } from '../common-options.ts'
import type { CommandSpec } from '../spec.ts'

export const ROLLOUT: CommandSpec = {
  name: 'rollout',
  summary: 'move traffic to a new release step by step, and back if it fails',
  environment: 'required',
  options: [
    {
      name: 'image',
      kind: 'text',
      many: true,
      value: 'NAME=REFERENCE',
      summary: 'only this image moves; may be repeated',
    },
    ...MOVING,
  ],
  load: async (line) => {
    const { rollout } = await import('../../commands/rollout.ts')
    const images = line.has('image') ? { images: line.list('image') } : {}
    const options = { ...images, ...moving(line) }
    return (world) => rollout(world, options)
  },
}
