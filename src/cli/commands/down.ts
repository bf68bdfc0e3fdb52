import type { CommandSpec } from '../spec.ts'

export const DOWN: CommandSpec = {
  name: 'down',
  summary: 'stop what up started; data stay',
  environment: 'required',
  options: [],
  load: async () => {
    const { down } = await import('../../commands/down.ts')
    return (world) => down(world, {})
  },
}
