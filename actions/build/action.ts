import { defineAction } from '../../src/action/define-action.ts'

export const build = defineAction({
  name: 'build',
  inputs: {
    images: { kind: 'names' },
  },
  outputs: ['images', 'changed'],
  run: async (inputs, world) => {
    const { build } = await import('../../src/commands/build.ts')
    return build(world, { images: inputs.images })
  },
})
