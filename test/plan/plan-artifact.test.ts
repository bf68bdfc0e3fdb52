import { describe, expect, test } from 'vitest'
import {
  type PlanArtifact,
  type PlanRun,
  planArchiveFault,
  planArtifactOf,
  planRunOf,
} from '../../src/plan/plan-artifact.ts'

const NEEDED = ['approval.json', 'stacks/stacks.json'].map((name) => ({ name, size: 10 }))
const fault = (...names: string[]) =>
  planArchiveFault([...NEEDED, ...names.map((name) => ({ name, size: 1 }))])

describe('R14 the archive of an approved plan', () => {
  test('is taken as plan leaves it', () => {
    const names = [
      'plan.json',
      'plans/',
      'plans/.gitignore',
      'plans/own-stack.tfplan',
      'stacks/',
      'stacks/data/',
    ]
    const own = [
      '.terraform.lock.hcl',
      'cdk.tf.json',
      'main.tf',
      'modules/net/variables.tf',
      'assets/F 1.zip',
    ]
    expect(fault(...names, ...own.map((name) => `stacks/data/${name}`))).toBeUndefined()
  })

  test.each([
    '../approval.json',
    '/etc/passwd',
    'plans/../../x',
    'stacks/data/../../../x',
    'stacks/data/..',
    'stacks/data/./x',
    'stacks/../x',
    'stacks/data/a\\..\\..\\x',
    'C:\\x',
    'stacks/data/c:x',
    'stacks/data//x',
    'stacks//x',
    'stacks/data/.terraform/providers/x',
    'stacks/data/.terraform/terraform.tfstate',
    'stacks/data/m/.terraform/modules/modules.json',
    'stacks/Data/x',
    'stacks/-rf/x',
    'plans/x',
    'plans/x.tfplan/y',
    'private/plan.key',
    'journal/x.jsonl',
    'targets.json',
    '.bashrc',
    'stacks/data/x\n',
    'stacks/data/x\0.tf',
    'stacks/data/\u202efdp.tf',
    `stacks/data/${'a/'.repeat(40)}x`,
    '',
  ])('R14 with the entry %j is refused', (name) => {
    expect(fault(name)).toContain('which plan does not hand over')
  })

  test('R14 that is a bomb is refused before it is unpacked', () => {
    expect(planArchiveFault([...NEEDED, { name: 'plan.json', size: 2 ** 31 }])).toContain('larger')
    expect(planArchiveFault([...NEEDED, { name: 'plan.json', size: Number.NaN }])).toContain('larger')
    const many = Array.from({ length: 100_000 }, (_, n) => ({ name: `stacks/data/${n}.tf`, size: 1 }))
    expect(planArchiveFault([...NEEDED, ...many])).toContain('100002 entries')
    const large = Array.from({ length: 3 }, (_, n) => ({ name: `stacks/data/${n}`, size: 400_000_000 }))
    expect(planArchiveFault([...NEEDED, ...large])).toContain('unpacked it is larger')
  })

  test('R14 that says one thing twice, or lacks what apply needs, is refused', () => {
    expect(fault('plan.json', 'plan.json')).toBe('it holds plan.json twice')
    expect(fault('stacks/data/main.tf', 'stacks/data/MAIN.tf')).toContain('twice')
    expect(fault('stacks/data/MAIN.tf', 'stacks/data/main.tf')).toContain('twice')
    expect(planArchiveFault([])).toBe('it holds no approval.json')
    expect(planArchiveFault([{ name: 'approval.json', size: 1 }])).toBe('it holds no stacks/stacks.json')
  })
})

describe('R14 the run whose plan is applied', () => {
  const headSha = 'a'.repeat(40)
  const wanted = { repository: 1001, workflow: '.github/workflows/plan.yml', headSha }
  const run = (id: number, change: Partial<PlanRun> = {}): PlanRun => ({
    id,
    finished: true,
    conclusion: 'success',
    event: 'pull_request',
    path: wanted.workflow,
    headSha,
    headRepository: 1001,
    repository: 1001,
    ...change,
  })

  test('R14 is the newest of that workflow on that commit', () => {
    expect(planRunOf([run(3), run(9), run(5)], wanted)).toEqual({ run: run(9) })
  })

  test.each<[string, Partial<PlanRun>]>([
    ['of a fork', { headRepository: 6 }],
    ['of a fork that is gone', { headRepository: undefined }],
    ['of another repository', { repository: 6 }],
    ['of another workflow', { path: '.github/workflows/evil.yml' }],
    ['by hand', { event: 'workflow_dispatch' }],
    ['of a target', { event: 'pull_request_target' }],
    ['of another commit', { headSha: 'b'.repeat(40) }],
  ])('R14 is not a newer one %s', (_name, change) => {
    expect(planRunOf([run(3), run(9, change)], wanted)).toEqual({ run: run(3) })
    expect(planRunOf([run(9, change)], wanted)).toHaveProperty('fault')
  })

  test('R15 is no older one while a newer is under way, or has failed', () => {
    const planning = run(9, { finished: false, conclusion: undefined })
    expect(planRunOf([run(3), planning], wanted)).toMatchObject({
      fault: expect.stringContaining('still planning'),
    })
    expect(planRunOf([run(3), run(9, { conclusion: 'failure' })], wanted)).toMatchObject({
      fault: expect.stringContaining('has not succeeded'),
    })
  })
})

describe('R14 the artifact of that run', () => {
  const good: PlanArtifact = { name: 'sluice-plan-production', run: 9, expired: false, digest: 'sha256:0' }
  const of = (...artifacts: PlanArtifact[]) =>
    planArtifactOf(artifacts, 9, { system: 'films', environment: 'production' })

  test('is the one with the name of the environment', () => {
    expect(of({ ...good, name: 'sluice-plan-staging' }, good)).toEqual({ artifact: good })
  })

  test('is that of the system, where systems of a monorepo share a run', () => {
    const films = { ...good, name: 'sluice-plan-production.films' }
    const videos = { ...good, name: 'sluice-plan-production.videos' }
    expect(of(videos, films, good)).toEqual({ artifact: films })
    expect(of(videos)).toEqual({ fault: expect.stringContaining(films.name) })
    expect(of(films, films, good)).toHaveProperty('fault')
  })

  test.each<[string, PlanArtifact[]]>([
    ['one of another environment', [{ ...good, name: 'sluice-plan-staging' }]],
    ['a second one of the name', [good, good]],
    ['one of another run', [{ ...good, run: 8 }]],
    ['one of no run', [{ ...good, run: undefined }]],
    ['one that has expired', [{ ...good, expired: true }]],
    ['one whose bytes nobody vouches for', [{ ...good, digest: undefined }]],
    ['none', []],
  ])('R14 is not %s', (_name, artifacts) => {
    expect(of(...artifacts)).toHaveProperty('fault')
  })
})
