import { execFileSync } from 'node:child_process'
import { appendFile, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { planPath, writeApproval } from '../../src/commands/infrastructure/saved-plans.ts'
import { digestOf } from '../../src/domain/digest.ts'
import { type ApprovalFile, approvalFileSchema, type Bound } from '../../src/domain/plans/approval.ts'
import { Secret } from '../../src/domain/secret.ts'
import { nodeFiles } from '../../src/runtime/node/files.ts'
import { describeReal } from '../real.ts'
import { bucket, type Moment, type OwnStack, openOwnStack } from './own-stack.ts'

const TIME = 180_000
const [HEAD, BASE] = ['a'.repeat(40), 'b'.repeat(40)]

/** As a run of a pull request. */
const RUN: Moment = {
  env: {
    GITHUB_REPOSITORY_ID: '4711',
    GITHUB_RUN_ID: '99',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_SHA: 'c'.repeat(40),
  },
}

describeReal('an approved plan, by OpenTofu', ['tofu'], () => {
  let own: OwnStack
  let moment: Moment
  /** The folder as `plan` has left it. */
  let kept = ''
  beforeAll(async () => {
    own = await openOwnStack({ aws_s3_bucket: { one: bucket('one') } })
    const event = join(own.folder, 'event.json')
    const pull_request = { number: 12, head: { sha: HEAD }, base: { sha: BASE } }
    await writeFile(event, JSON.stringify({ pull_request }))
    moment = { env: { ...RUN.env, GITHUB_EVENT_PATH: event } }
    await own.plan(moment)
    expect(await own.apply({}, moment)).toMatchObject({ outcome: 'done' })
    await own.resources({ aws_s3_bucket: { one: bucket('one'), two: bucket('two') } })
    expect(await own.plan(moment)).toMatchObject({ outcome: 'done', outputs: { changes: 'true' } })
    kept = join(own.folder, 'kept')
    await cp(own.state, kept, { recursive: true, verbatimSymlinks: true })
  }, TIME)
  afterAll(() => own[Symbol.asyncDispose]())
  beforeEach(async () => {
    await rm(own.state, { recursive: true })
    await cp(kept, own.state, { recursive: true, verbatimSymlinks: true })
  })

  const record = async (): Promise<ApprovalFile> =>
    approvalFileSchema.parse(JSON.parse(await readFile(join(own.state, 'approval.json'), 'utf8')))
  const key = async () => new Secret((await readFile(join(own.state, 'private/plan.key'), 'utf8')).trim())
  /** Another record with a good seal, as if plan had been in other circumstances. */
  const rewrite = async (change: (bound: Bound) => object): Promise<void> => {
    const old = await record()
    const stacks = old.stacks.map((one) => ({
      ...one,
      bound: { ...one.bound, ...change(one.bound) } as Bound,
    }))
    await writeApproval(nodeFiles, own.state, { ...old, stacks }, await key())
  }
  const untouched = () => expect(own.world.store.list().map(({ key }) => key)).toEqual(['one'])
  const refused = async (field: string, when = moment) => {
    const report = await own.apply({}, when)
    expect(report).toMatchObject({ outcome: 'stale', data: { reason: 'stale', applied: [] } })
    expect((report.data['differences'] as { field: string }[]).map((one) => one.field)).toEqual([field])
    expect(report.message).toContain(field.split('.').at(-1))
    untouched()
    return report
  }

  test(
    'R13 plan writes what it was made of, and nobody has approved it yet',
    async () => {
      const { stacks, environment, system } = await record()
      expect([system, environment]).toEqual(['tiny', 'production'])
      expect(stacks).toHaveLength(1)
      expect(stacks[0]).toMatchObject({ stack: 'own', changes: true, approved: null, applied: null })
      expect(stacks[0]?.bound).toMatchObject({
        plan: digestOf(await readFile(planPath(own.state, 'own'))),
        backend: {
          type: 's3',
          key: 'tiny/production/own.tfstate',
          workspace: 'default',
          account: '222222222222',
          region: 'us-east-1',
        },
        state: { serial: 1 },
        engine: expect.stringMatching(/^tofu 1\./),
        source: { repository: '4711', pullRequest: 12, head: HEAD, base: BASE },
        run: { id: '99', attempt: 1 },
        policy: { verdict: 'allowed' },
      })
    },
    TIME,
  )

  const other = digestOf('another')
  test.each<readonly [string, (bound: Bound) => object]>([
    ['plan', () => ({ plan: other })],
    ['planJson', () => ({ planJson: other })],
    ['configuration', () => ({ configuration: other })],
    ...(['type', 'bucket', 'key', 'workspace', 'account', 'region'] as const).map(
      (name) =>
        [`backend.${name}`, ({ backend }: Bound) => ({ backend: { ...backend, [name]: 'x' } })] as const,
    ),
    ['state.lineage', ({ state }) => ({ state: { ...state, lineage: 'x' } })],
    ['engine', () => ({ engine: 'tofu 1.10.0' })],
    ['providers', () => ({ providers: other })],
    ...(['repository', 'head', 'base'] as const).map(
      (name) => [`source.${name}`, ({ source }: Bound) => ({ source: { ...source, [name]: 'x' } })] as const,
    ),
    ['source.pullRequest', ({ source }) => ({ source: { ...source, pullRequest: 13 } })],
    ['run.id', ({ run }) => ({ run: { ...run, id: '98' } })],
    ['run.attempt', ({ run }) => ({ run: { ...run, attempt: 2 } })],
    ['policy.verdict', ({ policy }) => ({ policy: { ...policy, verdict: 'cannot-decide' } })],
    ['policy.rules', ({ policy }) => ({ policy: { ...policy, rules: other } })],
  ])(
    'R13 another %s refuses, is named, and nothing is applied',
    async (field, change) => {
      await rewrite(change)
      await refused(field)
    },
    TIME,
  )

  test(
    'R13 another head, run or rule at the time of apply is found as well',
    async () => {
      const later = (env: Record<string, string>): Moment => ({ env: { ...moment.env, ...env } })
      await refused('run.id', later({ GITHUB_RUN_ID: '100' }))
      await refused('run.attempt', later({ GITHUB_RUN_ATTEMPT: '2' }))
      const event = join(own.folder, 'later.json')
      const pull_request = { number: 12, head: { sha: 'd'.repeat(40) }, base: { sha: BASE } }
      await writeFile(event, JSON.stringify({ pull_request }))
      await refused('source.head', later({ GITHUB_EVENT_PATH: event }))
    },
    TIME,
  )

  test(
    'R13 OpenTofu itself refuses an encrypted plan with one byte flipped',
    async () => {
      const file = planPath(own.state, 'own')
      const bytes = await readFile(file)
      const at = bytes.indexOf('"encrypted_data":"') + 200
      bytes[at] = bytes[at] === 65 ? 66 : 65
      await writeFile(file, bytes)
      await rewrite(() => ({ plan: digestOf(bytes) }))
      const report = await own.apply({}, moment)
      expect(report.outcome).toBe('external')
      expect(report.message).toContain('decrypt')
      untouched()
    },
    TIME,
  )

  test(
    'R13 a plan in clear text is refused before OpenTofu reads it',
    async () => {
      const file = planPath(own.state, 'own')
      expect((await own.tofu('plan', `-out=${file}`)).code).toBe(0)
      await rewrite(() => ({ plan: digestOf('') }))
      const plain = digestOf(await readFile(file))
      await rewrite(() => ({ plan: plain }))
      const report = await own.apply({}, moment)
      expect(report).toMatchObject({ outcome: 'usage' })
      expect(report.message).toContain('the plan of stack own is not encrypted')
      untouched()
    },
    TIME,
  )

  test(
    'R14 a record that somebody has written over is not that of plan',
    async () => {
      const path = join(own.state, 'approval.json')
      const text = await readFile(path, 'utf8')
      for (const forged of [text.replace('"attempt": 1', '"attempt": 2'), '{}', '{']) {
        await writeFile(path, forged)
        const report = await own.apply({}, moment)
        expect(report.outcome).toBe('stale')
        expect(report.message).toContain('approval.json is not the one that plan has written here')
      }
      await writeFile(path, text)
      await writeFile(join(own.state, 'private/plan.key'), 'another key of enough characters')
      expect((await own.apply({}, moment)).message).toContain('approval.json is not the one')
      await rm(join(own.state, 'private/plan.key'))
      expect((await own.apply({}, moment)).message).toContain('the key of the saved plans is not here')
      untouched()
    },
    TIME,
  )

  test(
    'R14 a plan of another environment is refused',
    async () => {
      await cp(own.state, join(own.folder, '.sluice/staging'), { recursive: true, verbatimSymlinks: true })
      const report = await own.apply({}, { ...moment, environment: 'staging' })
      expect(report.outcome).toBe('stale')
      expect(report.message).toContain('the plan is one of tiny in production, and not of tiny in staging')
      untouched()
    },
    TIME,
  )

  test(
    'R14 a foreign plan file, and one with bytes behind it, are refused by their digest',
    async () => {
      const file = planPath(own.state, 'own')
      await appendFile(file, 'x')
      await refused('plan')
      await writeFile(file, 'PK\u0003\u0004 of somebody else')
      await refused('plan')
      await rm(file)
      expect((await own.apply({}, moment)).data['reason']).toBe('replayed')
      untouched()
    },
    TIME,
  )

  test(
    'R14 links, pipes and a flood of files in what was handed over are refused before they are read',
    async () => {
      const refusal = async (said: string) => {
        const report = await own.apply({}, moment)
        expect(report.outcome).toBe('stale')
        expect(report.message).toContain(said)
        untouched()
      }
      const plans = join(own.state, 'plans')
      await symlink('/etc/passwd', join(plans, 'other.tfplan'))
      await refusal('other.tfplan is a symbolic link')
      await rm(join(plans, 'other.tfplan'))
      execFileSync('mkfifo', [join(own.state, 'stacks/own/pipe')])
      await refusal('pipe is neither a file nor a folder')
      await rm(join(own.state, 'stacks/own/pipe'))
      await mkdir(join(plans, 'many'))
      for (let index = 0; index < 10_001; index += 500) {
        await Promise.all(
          Array.from({ length: 500 }, (_, one) => writeFile(join(plans, `many/${index + one}`), '')),
        )
      }
      await refusal('more than 10000 files')
    },
    TIME,
  )

  test(
    'R15 where only the state has moved on, a fresh plan that does the same is applied',
    async () => {
      const pulled = JSON.parse((await own.tofu('state', 'pull')).stdout) as { serial: number }
      const pushed = join(own.folder, 'pushed.tfstate')
      await writeFile(pushed, JSON.stringify({ ...pulled, serial: pulled.serial + 1 }))
      expect((await own.tofu('state', 'push', pushed)).code).toBe(0)
      expect(await own.apply({}, moment)).toMatchObject({ outcome: 'done', data: { applied: ['own'] } })
      expect(own.events).toContainEqual(
        expect.objectContaining({
          text: 'the state of stack own has moved on, and a fresh plan does the same',
        }),
      )
      expect(own.world.store.list().map(({ key }) => key)).toEqual(['one', 'two'])
      const { stacks } = await record()
      expect(stacks[0]).toMatchObject({
        approved: { how: 'typed', by: 'somebody' },
        applied: expect.any(String),
      })

      const again = await own.apply({}, moment)
      expect(again).toMatchObject({ outcome: 'stale', data: { reason: 'replayed' } })
      // What another machine has kept of it is no more than that.
      await rm(own.state, { recursive: true })
      await cp(kept, own.state, { recursive: true, verbatimSymlinks: true })
      const elsewhere = await own.apply({}, moment)
      expect(elsewhere).toMatchObject({ outcome: 'stale', data: { reason: 'replayed' } })
      expect(elsewhere.message).toContain('nothing of the plan is left to do')

      // And where there is something left, but another thing: stale.
      await own.tofu('apply', '-auto-approve', '-destroy', '-target=aws_s3_bucket.one')
      const late = await own.apply({}, moment)
      expect(late).toMatchObject({ outcome: 'stale', data: { reason: 'stale' } })
      expect(late.message).toContain('the plan would do something else now')
    },
    TIME,
  )
})
