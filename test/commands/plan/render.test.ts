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

function render(
  format: 'markdown' | 'json',
  text: string | null = DOCUMENT,
  showValues = false,
): Promise<Report> {
  const runtime = fakeRuntime({ files: text === null ? {} : { '/project/plan.json': text } })
  const world = {
    runtime: { ...runtime, cwd: '/project' },
    openProvider: () => Promise.reject(new Error('no cloud is opened')),
    request: { file: 'sluice.yml', environment: '', dryRun: false },
  }
  return renderPlan(world, { render: 'plan.json', format, showValues })
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

test('R6 values are shown where they are asked for, and sensitive ones never', async () => {
  const change = {
    before: { engine_version: '16.3', password: 'canary-1' },
    after: { engine_version: '16.4', password: 'canary-2' },
    after_sensitive: { password: true },
  }
  const document = JSON.stringify(
    planDocument({ changes: [resourceChange('aws_db_instance.db', ['update'], change)] }),
  )
  const report = await render('markdown', document, true)
  expect(report.document).toContain('<code>"16.3" → "16.4"</code>')
  expect(report.document).not.toContain('canary')
  expect((await render('markdown', document)).document).not.toContain('16.4')
  expect(JSON.stringify(await render('json', document, true))).not.toContain('16.4')
})
