import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SluiceError } from '../../src/domain/error.ts'
import type { PlanChange, StackPlan } from '../../src/domain/plans/plan.ts'
import { changeOf, type EngineChange } from '../../src/plan/engine-change.ts'
import { readPlan } from '../../src/plan/read.ts'
import { chunksOf, planDocument, planDocuments, resourceChange } from './document.ts'

const read = (document: unknown, lengths: readonly number[] = [1 << 16]): Promise<StackPlan> =>
  readPlan(chunksOf(typeof document === 'string' ? document : JSON.stringify(document), lengths), {
    stack: 'data',
    source: 'plan.json',
  })

describe('reading a plan', () => {
  test('passing over bytes finds what parsing the whole document finds', async () => {
    await fc.assert(
      fc.asyncProperty(
        planDocuments,
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(undefined, 1),
        async (document, lengths, indent) => {
          const text = JSON.stringify(document, undefined, indent)
          const plan = await read(text, lengths)
          const raw = (JSON.parse(text) as { resource_changes: EngineChange[] }).resource_changes
          const told = raw
            .map(changeOf)
            .filter((change) => change.action !== 'noop' || change.imported || change.movedFrom !== undefined)
          const key = ({ address, deposed }: PlanChange) => `${address}\n${deposed ?? ''}`
          const sorted = told.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
          expect(plan.changes).toEqual(sorted)
          expect(plan.counts.noop).toBe(raw.length - told.length)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('counts every kind of change, and a change that imports or moves for both', async () => {
    const { counts } = await read(
      planDocument({
        changes: [
          resourceChange('aws_s3_bucket.a', ['create']),
          resourceChange('aws_s3_bucket.b', ['update'], {}, { previous_address: 'aws_s3_bucket.old' }),
          resourceChange('aws_s3_bucket.c', ['delete']),
          resourceChange('aws_s3_bucket.d', ['delete', 'create']),
          resourceChange('aws_s3_bucket.e', ['create', 'delete']),
          resourceChange('aws_s3_bucket.f', ['forget']),
          resourceChange('aws_s3_bucket.g', ['no-op']),
          resourceChange('aws_s3_bucket.h', ['no-op'], { importing: { id: 'h' } }),
          resourceChange('aws_s3_bucket.i', ['no-op'], {}, { previous_address: 'aws_s3_bucket.was' }),
          resourceChange('aws_iam_policy_document.j', ['read'], {}, { mode: 'data' }),
        ],
      }),
    )
    expect(counts).toEqual({
      create: 1,
      update: 1,
      delete: 1,
      replace: 2,
      forget: 1,
      noop: 1,
      import: 1,
      move: 2,
      read: 1,
    })
  })

  test('names the attributes that differ, those known later, and those that force a replacement', async () => {
    const { changes } = await read(
      planDocument({
        changes: [
          resourceChange(
            'aws_db_instance.db',
            ['delete', 'create'],
            {
              before: { engine_version: '15', tags: { a: '1' }, arn: 'arn:1', name: 'db', replicas: [] },
              after: { engine_version: '16', tags: { a: '2' }, name: 'db', replicas: [] },
              after_unknown: { arn: true, tags: {}, replicas: [] },
              replace_paths: [['engine_version'], ['engine_version', 0]],
            },
            { action_reason: 'replace_because_cannot_update' },
          ),
        ],
      }),
    )
    expect(changes).toEqual([
      {
        address: 'aws_db_instance.db',
        type: 'aws_db_instance',
        name: 'db',
        mode: 'managed',
        provider: 'registry.opentofu.org/hashicorp/aws',
        action: 'replace',
        reason: 'replace_because_cannot_update',
        stateful: true,
        attributes: ['engine_version', 'tags', 'arn'],
        unknown: ['arn'],
        forces: ['engine_version'],
        unprotects: [],
        imported: false,
      },
    ])
  })

  test('R16 names what takes protection from data', async () => {
    const { changes } = await read(
      planDocument({
        changes: [
          resourceChange('aws_db_instance.db', ['update'], {
            before: { deletion_protection: true, skip_final_snapshot: false, name: 'db' },
            after: { deletion_protection: false, skip_final_snapshot: true, name: 'db' },
          }),
          resourceChange('aws_s3_bucket.b', ['update'], {
            before: { force_destroy: false },
            after: {},
            after_unknown: { force_destroy: true },
          }),
        ],
      }),
    )
    expect(changes.map(({ address, unprotects }) => [address, unprotects])).toEqual([
      ['aws_db_instance.db', ['deletion_protection', 'skip_final_snapshot']],
      ['aws_s3_bucket.b', ['force_destroy']],
    ])
  })

  test('holds no value of any resource or output', async () => {
    const plan = await read(
      planDocument({
        changes: [
          resourceChange('aws_db_instance.db', ['update'], {
            before: { password: 'canary-1' },
            after: { password: 'canary-2' },
          }),
        ],
        drift: [resourceChange('aws_db_instance.db', ['update'], { before: {}, after: { x: 'canary-3' } })],
        outputs: { token: { actions: ['update'], before: 'canary-4', after: 'canary-5' } },
      }),
    )
    expect(JSON.stringify(plan)).not.toContain('canary')
    expect(plan.outputs).toEqual([{ name: 'token', action: 'update' }])
    expect(plan.drift.map(({ attributes }) => attributes)).toEqual([['x']])
  })

  test('R13 two plans that differ in a value alone have different fingerprints', async () => {
    const withPassword = (password: string) =>
      planDocument({
        changes: [resourceChange('aws_db_instance.db', ['update'], { before: {}, after: { password } })],
      })
    const one = await read(withPassword('one'))
    const other = await read(withPassword('two'))
    expect({ ...one, fingerprint: '' }).toEqual({ ...other, fingerprint: '' })
    expect(one.fingerprint).not.toBe(other.fingerprint)
    const later = { ...withPassword('one'), timestamp: '2026-11-22T10:00:00Z' }
    expect((await read(later)).fingerprint).toBe(one.fingerprint)
  })

  test('a check whose state is not known never passes', async () => {
    const check = (status: string) => ({ address: { to_display: `check.${status}` }, status })
    const { checks } = await read(planDocument({ checks: ['pass', 'fail', 'surprise'].map(check) }))
    expect(checks).toEqual([
      { address: 'check.pass', status: 'pass' },
      { address: 'check.fail', status: 'fail' },
      { address: 'check.surprise', status: 'unknown' },
    ])
  })

  test.each([
    ['text before it', 'Warning: old\n{}', /^plan.json is not a plan document: found text at byte 0/],
    ['a cut', '{"format_version":"1.2","resource_ch', /cut off after 36 bytes/],
    ['no format', '{}', /it has no format_version/],
    ['a later major format', planDocument({ format: '2.0' }), /found format_version "2.0"/],
    ['a format that is no text', planDocument({ format: 1.2 }), /found format_version 1.2/],
    ['a failed plan', { ...planDocument({}), errored: true }, /this plan has failed/],
    [
      'an action of a later format',
      planDocument({ changes: [resourceChange('aws_s3_bucket.a', ['archive'])] }),
      /aws_s3_bucket.a has the actions \[archive\]/,
    ],
    [
      'deferred changes',
      { ...planDocument({}), deferred_changes: [{ reason: 'provider_config_unknown' }] },
      /defers changes/,
    ],
    ['half a member', '{"format_version":"1.2","resource_changes":[{"address":tru}]}', /not a plan document/],
  ])('R20 refuses %s', async (_, document, reason) => {
    const failed = read(document)
    await expect(failed).rejects.toThrow(reason)
    await expect(failed).rejects.toSatisfy(
      (error) => error instanceof SluiceError && error.outcome === 'usage',
    )
  })

  test.each(['0.1', '0.2', '1.0', '1.1', '1.2', '1.9'])('reads format %s', async (format) => {
    await expect(read(planDocument({ format }))).resolves.toMatchObject({ state: 'planned' })
  })

  test('a second list of actions cannot hide behind the first', async () => {
    const text = JSON.stringify(planDocument({ changes: [resourceChange('aws_s3_bucket.a', ['no-op'])] }))
    const twice = text.replace('"before":{}', '"before":{},"actions":["delete"]')
    const escaped = text.replace('"before":{}', '"before":{},"\\u0061ctions":["delete"]')
    for (const hostile of [twice, escaped]) {
      expect(hostile).not.toBe(text)
      expect((await read(hostile)).counts.delete).toBe(1)
    }
  })
})
