import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPlan } from '../../src/plan/read.ts'
import { PlanValues } from '../../src/plan/values.ts'
import { planMarkdown } from '../../src/report/plan/markdown.ts'
import { Redactor } from '../../src/runtime/redact.ts'
import { planDocument, resourceChange } from './document.ts'

type Change = Readonly<Record<string, unknown>>

async function shown(
  changes: readonly unknown[],
  parts: { readonly outputs?: Change; readonly drift?: readonly unknown[] } = {},
) {
  const values = new PlanValues(new Redactor())
  const document = JSON.stringify(planDocument({ changes, ...parts }))
  const stack = await readPlan([Buffer.from(document)], { stack: 'data', source: 'x', values })
  const { counts, fingerprint } = stack
  const plan = { environment: 'production', counts, stacks: [stack], fingerprint }
  return { values, stack, markdown: planMarkdown(plan, { limit: 65_536, values }) }
}

const update = (before: Change, after: Change, more: Change = {}) =>
  resourceChange('aws_db_instance.db', ['update'], { before, after, ...more })

test('R6 values that were asked for stand beside the names, before and after', async () => {
  const { markdown } = await shown([
    update(
      { instance_class: 'db.t4g.small', iops: 3000, tags: { a: 'b' }, gone: 'x', same: 1 },
      { instance_class: 'db.t4g.large', iops: 4000, tags: { a: 'c' }, same: 1 },
      { after_unknown: { endpoint: true, list: [true] } },
    ),
    resourceChange('aws_s3_bucket.new', ['create'], { before: null, after: { bucket: 'raw', acl: null } }),
  ])
  expect(markdown).toContain('<code>instance_class</code>: <code>"db.t4g.small" → "db.t4g.large"</code>')
  expect(markdown).toContain('<code>iops</code>: <code>3000 → 4000</code>')
  expect(markdown).toContain('<code>tags</code>: <code>{"a":"b"} → {"a":"c"}</code>')
  expect(markdown).toContain('<code>gone</code>: <code>"x" → null</code>')
  expect(markdown).toContain('<code>endpoint</code>: <code>(known after apply)</code>')
  expect(markdown).toContain('<code>bucket</code>: <code>"raw"</code>')
  expect(markdown).not.toContain('same')
  expect(markdown).toContain('Values were asked for; sensitive ones are hidden.')
})

test('R6 nothing has a value where nobody asked', async () => {
  const { stack } = await shown([update({ size: 'canary' }, { size: 'canary-2' })])
  const plan = { environment: 'e', counts: stack.counts, stacks: [stack], fingerprint: stack.fingerprint }
  expect(planMarkdown(plan, { limit: 65_536 })).not.toContain('canary')
  expect(JSON.stringify(stack)).not.toContain('canary')
})

const CANARY = 'canary-7d1f-value'

/** Where a sensitive value may stand, and how it is marked there. */
const PLACES: readonly (readonly [name: string, change: Change])[] = [
  ['an attribute', update({ a: 'old' }, { a: CANARY }, { after_sensitive: { a: true } })],
  ['what an attribute was', update({ a: CANARY }, { a: 'new' }, { before_sensitive: { a: true } })],
  ['a whole resource', update({ a: 'old' }, { a: CANARY }, { after_sensitive: true })],
  [
    'a block in an attribute',
    update({ a: [] }, { a: [{ b: { c: CANARY } }] }, { after_sensitive: { a: [{ b: { c: true } }] } }),
  ],
  [
    'a list in an attribute',
    update({ a: [] }, { a: ['x', CANARY] }, { after_sensitive: { a: [false, true] } }),
  ],
  ['an attribute called like a secret', update({}, { master_password: CANARY })],
  ['a block called like a secret', update({}, { auth: [{ it: CANARY }] })],
  ['a document in a text', update({}, { policy: JSON.stringify({ Api_Key: CANARY }) })],
  [
    'a variable of a container',
    update({}, { containers: JSON.stringify([{ environment: [{ name: 'DB_PASSWORD', value: CANARY }] }]) }),
  ],
]

test.each(PLACES)('R5 R6 a sensitive value is not shown: %s', async (_name, change) => {
  expect((await shown([change])).markdown).not.toContain(CANARY)
})

test.each(PLACES)('R5 R6 it is hidden where nobody marked it: %s', async (_name, change) => {
  const base64 = Buffer.from(CANARY).toString('base64')
  const copies = resourceChange('aws_iam_role.r', ['create'], {
    before: null,
    after: { name: `prefix-${CANARY}`, user_data: base64, [CANARY]: 'a key' },
  })
  // The copy comes first: nothing is shown before everything was read.
  const { markdown } = await shown([copies, change])
  expect(markdown).toContain('"prefix-&#91;redacted')
  expect(markdown).not.toContain(base64)
  expect(markdown).not.toContain(`prefix-${CANARY}`)
})

test('R5 R6 what is sensitive in an untouched resource, in drift or in an output is hidden elsewhere too', async () => {
  const marked = { before: { a: CANARY }, after: { a: CANARY }, after_sensitive: { a: true } }
  const copy = update({}, { note: `it is ${CANARY}` })
  for (const parts of [
    { changes: [copy, resourceChange('aws_iam_role.r', ['no-op'], marked)] },
    { changes: [copy], drift: [resourceChange('aws_iam_role.r', ['update'], marked)] },
    {
      changes: [copy],
      outputs: { it: { actions: ['create'], before: null, after: CANARY, after_sensitive: true } },
    },
  ]) {
    const { changes, ...more } = parts
    const { markdown } = await shown(changes, more)
    expect(markdown).toContain('<code>note</code>: <code>"it is ')
    expect(markdown).not.toContain(CANARY)
  }
})

test('R6 a value cannot leave its place, and a long one is cut after it was cleaned', async () => {
  const { markdown } = await shown([
    update(
      { secret: CANARY },
      { a: '</code>|</details><!-- @acme/team `', secret: 'new', long: 'x'.repeat(9000) },
    ),
    resourceChange('aws_iam_role.other', ['update'], { after: { edge: `${'y'.repeat(110)}${CANARY}` } }),
  ])
  expect(markdown).not.toMatch(/<!--|@acme\/team/)
  expect(markdown.match(/<\/details>/g)).toHaveLength(1)
  expect(markdown).toContain('(9002 characters)')
  expect(markdown).not.toContain(CANARY.slice(0, 6))
})

test('R5 R6 whatever the structure, a value under a mark is not shown', async () => {
  const leaf = fc.constantFrom(CANARY, `${CANARY}-2`, 'plain')
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('any'), { maxKeys: 3 }),
    ),
  })).any
  const maskOf = (one: unknown): unknown => {
    if (typeof one === 'string') return one.startsWith(CANARY)
    if (Array.isArray(one)) return one.map(maskOf)
    return Object.fromEntries(Object.entries(one as Change).map(([key, item]) => [key, maskOf(item)]))
  }
  await fc.assert(
    fc.asyncProperty(value, value, async (before, after) => {
      const change = update(
        { x: before },
        { x: after, y: 'changed' },
        { before_sensitive: { x: maskOf(before) }, after_sensitive: { x: maskOf(after) } },
      )
      const { markdown } = await shown([change])
      expect(markdown).not.toContain(CANARY)
      expect(markdown).toContain('<code>y</code>: <code>"changed"</code>')
    }),
  )
})
