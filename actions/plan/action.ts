import { defineAction } from '../../src/action/define-action.ts'

export const plan = defineAction({
  name: 'plan',
  inputs: {
    mode: { kind: 'choice', choices: ['plan', 'drift', 'command', 'preview'], default: 'plan' },
    comment: { kind: 'boolean', default: true },
    'show-values': { kind: 'boolean', default: false },
    head: { kind: 'text' },
    'preview-of': { kind: 'text', default: '.github/workflows/synthesize.yml' },
  },
  outputs: [
    'changes',
    'fingerprint',
    'artifact',
    'deferred',
    'comment-url',
    'drift',
    'issue-url',
    'command',
    'command-environment',
    'command-plan',
    'sha',
  ],
  run: async (inputs, world) => {
    const token = inputs['github-token']
    if (inputs.mode === 'command') {
      const { commentCommand } = await import('../../src/commands/plan/comment-command.ts')
      return commentCommand(world, token)
    }
    if (inputs.mode === 'preview') {
      const { preview } = await import('../../src/commands/plan/preview.ts')
      return preview(world, { workflow: inputs['preview-of'], token })
    }
    if (inputs.head !== undefined) {
      const { holdTo } = await import('../../src/commands/plan/pinned.ts')
      await holdTo(world, inputs.head, token)
    }
    const { plan } = await import('../../src/commands/plan.ts')
    const values = inputs['show-values']
      ? (await import('../../src/commands/plan/values.ts')).openValues(world)
      : undefined
    const report = await plan(world, { values })
    const { annotateChanges } = await import('../../src/commands/plan/annotate.ts')
    await annotateChanges(world, report)
    if (inputs.mode === 'drift') {
      const { tellDrift } = await import('../../src/commands/plan/drift.ts')
      return tellDrift(world, report, token)
    }
    if (!inputs.comment) return report
    const { postPlan } = await import('../../src/commands/plan/post.ts')
    return postPlan(world, report, { token, values })
  },
})
