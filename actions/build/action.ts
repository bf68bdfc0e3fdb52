import { defineAction } from '../../src/action/define-action.ts'
import { given } from '../../src/domain/given.ts'

export const build = defineAction({
  name: 'build',
  inputs: {
    images: { kind: 'names' },
    verify: { kind: 'text' },
    affected: { kind: 'text' },
  },
  outputs: ['images', 'changed', 'subjects', 'affected'],
  run: async ({ images, verify, affected }, world) => {
    const { build } = await import('../../src/commands/build.ts')
    return build(world, { ...(images.length === 0 ? {} : { images }), ...given({ verify, affected }) })
  },
})
