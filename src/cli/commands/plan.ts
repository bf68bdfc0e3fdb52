import type { CommandSpec } from '../spec.ts'

export const PLAN: CommandSpec = {
  name: 'plan',
  summary: 'show what would change in the cloud, and record it for approval',
  environment: { unless: ['render'] },
  options: [
    { name: 'render', kind: 'text', value: 'FILE', summary: 'only show this plan: "tofu show -json PLAN"' },
    {
      name: 'format',
      kind: 'choice',
      choices: ['markdown', 'json'],
      value: 'FORMAT',
      summary: 'of --render: markdown (default) or json',
    },
    {
      name: 'show-values',
      kind: 'flag',
      summary: 'show values of attributes in the report; sensitive ones never',
    },
  ],
  load: async (line) => {
    const render = line.text('render')
    if (render !== undefined) {
      const { renderPlan } = await import('../../commands/plan/render.ts')
      const format = line.text('format') === 'json' || line.has('json') ? 'json' : 'markdown'
      return (world) => renderPlan(world, { render, format, showValues: line.has('show-values') })
    }
    const { plan } = await import('../../commands/plan.ts')
    if (!line.has('show-values')) return (world) => plan(world, {})
    const { openValues } = await import('../../commands/plan/values.ts')
    return (world) => plan(world, { values: openValues(world) })
  },
}
