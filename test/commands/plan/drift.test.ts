import { describe, expect, test } from 'vitest'
import type { Report, World } from '../../../src/commands/command.ts'
import { tellDrift } from '../../../src/commands/plan/drift.ts'
import { digestOf } from '../../../src/domain/digest.ts'
import type { PlanFile } from '../../../src/domain/plans/plan.ts'
import { Secret } from '../../../src/domain/secret.ts'
import { readPlan } from '../../../src/plan/read.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { nodeHttp } from '../../../src/runtime/node/http.ts'
import { planDocument, resourceChange } from '../../plan/document.ts'
import { strike } from '../../world/github/faults.ts'
import { type FakeGitHub, startFakeGitHub, TOKEN } from '../../world/github/server.ts'

async function check(github: FakeGitHub, drifted: boolean, environment = 'production'): Promise<Report> {
  const changes = drifted ? [resourceChange('aws_s3_bucket.raw', ['update'])] : []
  const document = JSON.stringify(planDocument({ changes }))
  const stack = await readPlan([Buffer.from(document)], { stack: 'data', source: 'x' })
  const plan: PlanFile = {
    schema: 'sluice.plan/v1',
    system: 'shop',
    environment,
    engine: { name: 'tofu', version: '1.11.0' },
    counts: stack.counts,
    stacks: [stack],
    fingerprint: digestOf(String(drifted)),
  }
  const machine = fakeRuntime({
    env: { ...github.env },
    files: { [`/project/.sluice/${environment}/plan.json`]: JSON.stringify(plan) },
  })
  const world: World = {
    runtime: { ...machine, http: nodeHttp },
    openProvider: () => Promise.reject(new Error('no cloud is opened')),
    request: { file: 'sluice.yml', environment, dryRun: false },
  }
  const outputs = { changes: '', fingerprint: plan.fingerprint, 'comment-url': '' }
  const report: Report = { command: 'plan', outcome: 'done', message: '', outputs, data: {}, summary: '' }
  return tellDrift(world, report, new Secret(TOKEN))
}

const open = ({ store }: FakeGitHub) => store.issues.filter(({ state }) => state === 'open')

describe('the scheduled check for drift', () => {
  test('opens one issue an environment, updates it, and closes it when nothing differs', async () => {
    await using github = await startFakeGitHub()
    const first = await check(github, true)
    expect(first.outputs).toMatchObject({ drift: 'true', 'issue-url': expect.stringContaining('/issues/') })
    expect((await check(github, true)).outputs['issue-url']).toBe(first.outputs['issue-url'])
    await check(github, true, 'staging')
    expect(open(github)).toMatchObject([
      { title: 'Environment production has drifted', labels: ['sluice-drift'] },
      { title: 'Environment staging has drifted' },
    ])
    expect(open(github)[0]?.body).toContain('aws_s3_bucket.raw')
    expect((await check(github, false)).outputs).toMatchObject({ drift: 'false', 'issue-url': '' })
    expect(open(github)).toMatchObject([{ title: 'Environment staging has drifted' }])
  })

  test('leaves issues of others alone, whatever they say', async () => {
    await using github = await startFakeGitHub()
    await check(github, true)
    const [ours] = open(github)
    const mallory = github.store.account('mallory')
    const forged = { ...ours, number: 2, user: mallory, body: ours?.body ?? '', title: 'mine' }
    github.store.issues.push({ ...forged, state: 'open', labels: ['sluice-drift'] })
    await check(github, false)
    expect(open(github)).toMatchObject([{ number: 2, title: 'mine' }])
  })

  test('two that were opened at once become one', async () => {
    await using github = await startFakeGitHub()
    await check(github, true)
    const [ours] = open(github)
    if (ours !== undefined) github.store.issues.push({ ...ours, number: 99_999 })
    await check(github, true)
    expect(open(github)).toHaveLength(1)
  })

  test('fails where GitHub does not take the issue', async () => {
    await using github = await startFakeGitHub()
    const message = 'Resource not accessible by integration'
    github.faults = strike('POST', /issues$/, { kind: 'status', status: 403, message })
    await expect(check(github, true)).rejects.toMatchObject({ outcome: 'cannot-observe' })
  })
})
