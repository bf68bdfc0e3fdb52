import { describe, expect, test } from 'vitest'
import {
  type ArtifactOrigin,
  isRead,
  originFault,
  synthesisFault,
} from '../../src/plan/synthesis-artifact.ts'
import { synthesisDiff } from '../../src/plan/synthesis-diff.ts'

const stack = (resource: object, more: object = {}) => [{ name: 'data', document: { resource, ...more } }]

describe('the difference of two syntheses', () => {
  test('is told by resource, with names of attributes and no value', () => {
    const [found] = synthesisDiff(
      stack({
        aws_s3_bucket: {
          kept: { bucket: 'k', tags: { a: 1, b: 2 }, '//': { checkov: 1 } },
          gone: { bucket: 'canary-old' },
          changed: { bucket: 'c', policy: 'canary-old' },
        },
      }),
      stack({
        aws_s3_bucket: {
          kept: { tags: { b: 2, a: 1 }, bucket: 'k', '//': { checkov: 2 } },
          changed: { bucket: 'c', policy: 'canary-new' },
          fresh: { bucket: 'canary-new' },
        },
      }),
    )
    expect(found?.changes.map(({ address, action, attributes }) => [address, action, attributes])).toEqual([
      ['aws_s3_bucket.changed', 'update', ['policy']],
      ['aws_s3_bucket.fresh', 'create', ['bucket']],
      ['aws_s3_bucket.gone', 'delete', ['bucket']],
    ])
    expect(found?.changes[2]?.stateful).toBe(true)
    expect(found?.counts).toMatchObject({ create: 1, update: 1, delete: 1 })
    expect(JSON.stringify(found)).not.toContain('canary')
  })

  test('follows what was renamed', () => {
    const [found] = synthesisDiff(
      stack({ aws_s3_bucket: { old: { bucket: 'a' } } }),
      stack(
        { aws_s3_bucket: { new: { bucket: 'a' } } },
        { moved: [{ from: 'aws_s3_bucket.old', to: 'aws_s3_bucket.new' }] },
      ),
    )
    expect(found?.changes).toMatchObject([
      { address: 'aws_s3_bucket.new', action: 'noop', movedFrom: 'aws_s3_bucket.old' },
    ])
    expect(found?.counts).toMatchObject({ move: 1, create: 0, delete: 0 })
  })

  test('tells stacks that come and go', () => {
    const one = { aws_s3_bucket: { x: {} } }
    expect(synthesisDiff([], stack(one))[0]?.counts.create).toBe(1)
    expect(synthesisDiff(stack(one), [])[0]?.counts.delete).toBe(1)
    expect(synthesisDiff(stack(one), stack(one))[0]?.changes).toEqual([])
  })
})

describe('R7 an archive of a synthesis', () => {
  const list = { name: 'stacks.json', size: 10 }
  test('is taken as synthesis writes it', () => {
    const names = ['data/', 'data/cdk.tf.json', 'data/assets/f.zip', 'own-stack/cdk.tf.json']
    expect(synthesisFault([list, ...names.map((name) => ({ name, size: 1 }))])).toBeUndefined()
    expect(names.filter(isRead)).toEqual(['data/cdk.tf.json', 'own-stack/cdk.tf.json'])
  })

  test.each([
    '../cdk.tf.json',
    '/etc/passwd',
    'data/../../x',
    'data/cdk.tf.json/../../x',
    'data\\..\\x',
    'C:\\x',
    'data/main.tf',
    'data/override.tf.json',
    'data/x.auto.tfvars.json',
    'data/.terraform.lock.hcl',
    'data/.terraform/providers/x',
    'data/assets/../../x',
    'data/assets/.hidden',
    'data/assets/a/b',
    '.sluice/plan.json',
    'data/cdk.tf.json\0.txt',
    'data/cdk.tf.json\n',
    '-rf/cdk.tf.json',
    'Data/cdk.tf.json',
    '',
  ])('R7 with the entry %j is refused', (name) => {
    expect(synthesisFault([list, { name, size: 1 }])).toBeDefined()
  })

  test('R7 that is a bomb is refused before it is unpacked', () => {
    expect(synthesisFault([{ ...list, size: 2 ** 30 }])).toContain('larger')
    expect(synthesisFault([{ ...list, size: Number.NaN }])).toContain('larger')
    const many = Array.from({ length: 100_000 }, (_, n) => ({ name: `s${n}/cdk.tf.json`, size: 1 }))
    expect(synthesisFault([list, ...many])).toContain('100001 entries')
    const large = Array.from({ length: 9 }, (_, n) => ({ name: `s${n}/cdk.tf.json`, size: 10_000_000 }))
    expect(synthesisFault([list, ...large])).toContain('unpacked it is larger')
    expect(synthesisFault([list, list])).toContain('twice')
    expect(synthesisFault([])).toContain('no stacks.json')
  })
})

describe('R7 an artifact of the same name', () => {
  const sha = 'a'.repeat(40)
  const good: ArtifactOrigin = {
    run: {
      id: 9,
      finished: true,
      conclusion: 'success',
      event: 'pull_request',
      path: '.github/workflows/preview.yml',
      headSha: sha,
      repository: 1001,
    },
    artifact: { run: 9, expired: false, name: 'synthesis' },
    wanted: { repository: 1001, workflow: '.github/workflows/preview.yml', headSha: sha, name: 'synthesis' },
  }

  test('is taken from the run that was asked for', () => {
    expect(originFault(good)).toBeUndefined()
  })

  test.each<[string, ArtifactOrigin]>([
    ['another repository', { ...good, run: { ...good.run, repository: 6 } }],
    ['another workflow', { ...good, run: { ...good.run, path: '.github/workflows/evil.yml' } }],
    ['another event', { ...good, run: { ...good.run, event: 'workflow_dispatch' } }],
    ['a run that failed', { ...good, run: { ...good.run, conclusion: 'failure' } }],
    ['a run that is not over', { ...good, run: { ...good.run, finished: false } }],
    ['another commit', { ...good, run: { ...good.run, headSha: 'b'.repeat(40) } }],
    ['another run', { ...good, artifact: { ...good.artifact, run: 8 } }],
    ['no run that is known', { ...good, artifact: { ...good.artifact, run: undefined } }],
    ['a time long ago', { ...good, artifact: { ...good.artifact, expired: true } }],
    ['under another name', { ...good, artifact: { ...good.artifact, name: 'other' } }],
  ])('R7 of %s is refused', (_name, origin) => {
    expect(originFault(origin)).toBeDefined()
  })
})
