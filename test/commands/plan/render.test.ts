import { expect, test } from 'vitest'
import type { Report } from '../../../src/commands/command.ts'
import { renderPlan } from '../../../src/commands/plan/render.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { planDocument, resourceChange } from '../../plan/document.ts'

const DOCUMENT = JSON.stringify(
  planDocument({
    changes: [resourceChange('aws_s3_bucket.raw', ['delete'], { before: { secret: 'canary' } })],
  }),
)

function render(format: 'markdown' | 'json', text: string | null = DOCUMENT): Promise<Report> {
  const runtime = fakeRuntime({ files: text === null ? {} : { '/project/plan.json': text } })
  const world = {
    runtime: { ...runtime, cwd: '/project' },
    openProvider: () => Promise.reject(new Error('no cloud is opened')),
    request: { file: 'sluice.yml', environment: '', dryRun: false },
  }
  return renderPlan(world, { render: 'plan.json', format })
}

test('a plan document alone becomes Markdown', async () => {
  const { document, message, outputs } = await render('markdown')
  expect(document).toContain('### Plan for plan.json: 1 to delete')
  expect(document).toContain('**Data may be lost.**')
  expect(document).not.toContain('canary')
  expect(message).toBe('1 to delete')
  expect(outputs['changes']).toBe('true')
})

test('a plan document alone becomes JSON with counts and changes', async () => {
  const { document, data } = await render('json')
  expect(JSON.parse(document ?? '')).toMatchObject({
    counts: { delete: 1, create: 0, noop: 0 },
    changes: [{ address: 'aws_s3_bucket.raw', action: 'delete', stateful: true }],
  })
  expect(data).toMatchObject({ counts: { delete: 1 } })
})

test('a file that is not there is named, with the command that writes one', async () => {
  await expect(render('json', null)).rejects.toMatchObject({
    outcome: 'usage',
    message: 'there is no file /project/plan.json (--render shows a plan document)',
    remedy: 'write one: tofu show -json PLAN > FILE',
  })
})
