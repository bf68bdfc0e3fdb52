import type { CommandSpec } from '../spec.ts'

export const VALIDATE: CommandSpec = {
  name: 'validate',
  summary: 'check sluice.yml and show every problem at once',
  environment: 'optional',
  options: [],
  load: async () => {
    const { validate } = await import('../../commands/validate.ts')
    return (world) => validate(world, {})
  },
}
