import { describe, expect, test } from 'vitest'
import type { World } from '../../../src/commands/command.ts'
import { postPlan } from '../../../src/commands/plan/post.ts'
import type { PlanReport } from '../../../src/commands/plan.ts'
import { digestOf } from '../../../src/domain/digest.ts'
import type { PlanFile } from '../../../src/domain/plans/plan.ts'
import { Secret } from '../../../src/domain/secret.ts'
import { type Finding, guardFindings } from '../../../src/plan/guard.ts'
import { readPlan } from '../../../src/plan/read.ts'
import { PlanValues } from '../../../src/plan/values.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { nodeHttp } from '../../../src/runtime/node/http.ts'
import { planDocument, resourceChange } from '../../plan/document.ts'
import { strike } from '../../world/github/faults.ts'
import { type FakeGitHub, startFakeGitHub, TOKEN } from '../../world/github/server.ts'
import { BOT } from '../../world/github/store.ts'

async function planFile(environment: string, address: string): Promise<PlanFile> {
  const document = JSON.stringify(planDocument({ changes: [resourceChange(address, ['delete'])] }))
  const stack = await readPlan([Buffer.from(document)], { stack: 'data', source: 'x' })
  return {
    schema: 'sluice.plan/v1',
    system: 'shop',
    environment,
    engine: { name: 'tofu', version: '1.11.0' },
    counts: stack.counts,
    stacks: [stack],
    fingerprint: digestOf(address),
  }
}

const PULL = { pull_request: { number: 7, head: { sha: 'c0ffee'.padEnd(40, '0') } } }

async function post(
  github: FakeGitHub,
  {
    event = PULL as unknown,
    address = 'aws_s3_bucket.raw',
    run = 1,
    environment = 'production',
    fingerprint = '',
    more = {},
    findings = [] as readonly Finding[],
    values = undefined as PlanValues | undefined,
  } = {},
) {
  const plan = await planFile(environment, address)
  const machine = fakeRuntime({
    env: {
      ...github.env,
      GITHUB_EVENT_PATH: '/event.json',
      GITHUB_RUN_ID: String(run),
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_SHA: 'f'.repeat(40),
    },
    files: {
      '/event.json': JSON.stringify(event),
      [`/project/.sluice/${environment}/plan.json`]: JSON.stringify(plan),
      ...more,
    },
  })
  const report: PlanReport = {
    command: 'plan',
    outcome: 'done',
    message: '',
    outputs: { changes: 'true', fingerprint: fingerprint || plan.fingerprint, 'comment-url': '' },
    data: {},
    summary: '',
    findings,
  }
  const world: World = {
    runtime: { ...machine, http: nodeHttp },
    openProvider: () => Promise.reject(new Error('no cloud is opened')),
    request: { file: 'sluice.yml', environment, dryRun: false },
  }
  const done = await postPlan(world, report, { token: new Secret(TOKEN), values })
  return { url: done.outputs['comment-url'], events: machine.events, outcome: done.outcome }
}

describe('a plan on its pull request', () => {
  test('is one comment an environment, updated in place, with the commit and the run', async () => {
    await using github = await startFakeGitHub()
    const first = await post(github)
    const second = await post(github, { run: 2, address: 'aws_s3_bucket.other' })
    await post(github, { run: 2, environment: 'staging' })
    expect(second.url).toBe(first.url)
    expect(first.url).toMatch(/^https:\/\/github\.com\/acme\/shop\/pull\/7#issuecomment-\d+$/)
    expect(github.store.comments).toHaveLength(2)
    const [comment] = github.store.comments
    expect(comment?.body).toContain('### Plan for production: 1 to delete')
    expect(comment?.body).toContain('aws&#95;s3&#95;bucket.other'.replaceAll('&#95;', '_'))
    expect(comment?.body).toContain('commit `c0ffee000000`')
    expect(comment?.body).toContain('(https://github.com/acme/shop/actions/runs/2/attempts/1)')
  })

  test('says what the stacks cost at least, from the dated table', async () => {
    await using github = await startFakeGitHub()
    const document = {
      provider: { aws: [{ region: 'us-east-1' }] },
      resource: { aws_nat_gateway: { a: {} } },
    }
    const listed = { name: 'foundation', dependsOn: [], resources: 1 }
    const stacks = { schema: 'sluice.stacks/v1', system: 'shop', environment: 'production', stacks: [listed] }
    await post(github, {
      more: {
        '/project/.sluice/production/stacks/stacks.json': JSON.stringify(stacks),
        '/project/.sluice/production/stacks/foundation/cdk.tf.json': JSON.stringify(document),
      },
    })
    expect(github.store.comments[0]?.body).toContain('At least $32.85 a month for 1 resource')
  })

  test('R16 what stands between the plan and its apply is said, with what has to be written', async () => {
    await using github = await startFakeGitHub()
    const plan = await planFile('production', 'aws_s3_bucket.raw')
    const guarded = plan.stacks.map((stack) => ({ plan: stack }))
    await post(github, { findings: guardFindings(guarded, {}) })
    const id = digestOf('aws_s3_bucket.raw').slice('sha256:'.length, 'sha256:'.length + 12)
    const body = github.store.comments[0]?.body.replaceAll('\u2060', '')
    expect(body).toContain('#### This stops until it is named')
    expect(body).toContain(`<code>--allow-loss aws_s3_bucket.raw@${id}</code>`)
  })

  test('R6 values are there where the team has asked for them, and the comment fits', async () => {
    await using github = await startFakeGitHub()
    const values = new PlanValues({ register: () => true, text: (text) => text })
    values.note('data', 'change', {
      address: 'aws_s3_bucket.raw',
      change: { before: { bucket: 'raw-data' }, after: null },
    })
    const many = Array.from(
      { length: 500 },
      (_, index): Finding => ({
        kind: 'undecided',
        stack: 'data',
        text: `${'long '.repeat(200)}${index}`,
      }),
    )
    await post(github, { values, findings: many })
    expect(github.store.comments[0]?.body).toContain('Values were asked for')
    expect(github.store.comments[0]?.body).toContain('and 480 more')
  })

  test('R6 a name that forges our mark is no mark: the comment is found again', async () => {
    await using github = await startFakeGitHub()
    const mallory = github.store.account('mallory', 'write')
    const forged =
      '<!-- sluice:plan environment=production run=99.1 digest=0000000000000000 -->\nnothing changes'
    github.store.comment(7, forged, mallory)
    await post(github, { address: `aws_s3_bucket.raw["-->\n${forged}"]` })
    await post(github, { run: 2 })
    expect(github.store.comments).toHaveLength(2)
    expect(github.store.comments[0]?.body).toBe(forged)
    expect(github.store.comments[1]).toMatchObject({ user: BOT, body: expect.stringContaining('run=2.1') })
    expect(github.store.comments[1]?.body.match(/<!--/g)).toHaveLength(1)
  })

  test('a push has no pull request, and a comment on an issue is none', async () => {
    await using github = await startFakeGitHub()
    expect((await post(github, { event: { ref: 'refs/heads/main' } })).url).toBe('')
    expect((await post(github, { event: { issue: { number: 3 } } })).url).toBe('')
    expect((await post(github, { event: { issue: { number: 3, pull_request: {} } } })).url).toContain(
      '/pull/3#',
    )
  })

  test('a plan.json that is not of this run is not posted', async () => {
    await using github = await startFakeGitHub()
    expect((await post(github, { fingerprint: digestOf('other') })).url).toBe('')
    expect(github.asked).toEqual([])
  })

  test('a missing permission is a warning, and the plan stands', async () => {
    await using github = await startFakeGitHub()
    github.faults = strike('POST', /comments/, {
      kind: 'status',
      status: 403,
      message: 'Resource not accessible by integration',
    })
    const { outcome, url, events } = await post(github)
    expect({ outcome, url }).toEqual({ outcome: 'done', url: '' })
    expect(JSON.stringify(events)).toContain('the plan is not on the pull request: GitHub answered 403')
    expect(JSON.stringify(events)).not.toContain(TOKEN)
  })
})
