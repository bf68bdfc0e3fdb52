import { defineAction } from '../../src/action/define-action.ts'

export const release = defineAction({
  name: 'release',
  inputs: {},
  outputs: ['release', 'previous', 'url', 'verdict'],
  run: async (_inputs, world) => {
    const { release } = await import('../../src/commands/release.ts')
    return release(world, {})
  },
})
