import type { CommandSpec } from '../spec.ts'

export const UP: CommandSpec = {
  name: 'up',
  summary: 'start the whole system on this machine (cloud local)',
  environment: 'required',
  options: [
    { name: 'detach', kind: 'flag', summary: 'return when everything runs' },
    {
      name: 'export',
      kind: 'flag',
      summary: 'print the variables for a shell, secrets too; implies --detach',
    },
    { name: 'show-secrets', kind: 'flag', summary: 'show the values of secret variables' },
  ],
  load: async (line) => {
    const { up } = await import('../../commands/up.ts')
    const options = {
      detach: line.has('detach'),
      export: line.has('export'),
      showSecrets: line.has('show-secrets'),
    }
    return (world) => up(world, options)
  },
}
