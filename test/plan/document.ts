import fc from 'fast-check'

/** A plan document of an engine, with what a test is about. */
export function planDocument(parts: {
  readonly changes?: readonly unknown[]
  readonly drift?: readonly unknown[]
  readonly outputs?: Readonly<Record<string, unknown>>
  readonly checks?: readonly unknown[]
  readonly format?: unknown
}): Record<string, unknown> {
  return {
    format_version: parts.format ?? '1.2',
    terraform_version: '1.12.0',
    planned_values: { root_module: { resources: [{ address: 'aws_s3_bucket.x', values: { bucket: 'b' } }] } },
    ...(parts.drift === undefined ? {} : { resource_drift: parts.drift }),
    resource_changes: parts.changes ?? [],
    output_changes: parts.outputs ?? {},
    prior_state: { format_version: '1.0', values: {} },
    configuration: { root_module: {} },
    ...(parts.checks === undefined ? {} : { checks: parts.checks }),
    timestamp: '2026-11-21T10:00:00Z',
    errored: false,
  }
}

/** A member of `resource_changes`. */
export function resourceChange(
  address: string,
  actions: readonly string[],
  change: Readonly<Record<string, unknown>> = {},
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const [type = '', name = ''] = address.split('.')
  return {
    address,
    mode: 'managed',
    type,
    name,
    provider_name: 'registry.opentofu.org/hashicorp/aws',
    ...more,
    change: { actions, before: {}, after: {}, after_unknown: {}, ...change },
  }
}

const awkward = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '"actions":["no-op"]',
    '"change":{"actions":["no-op"]',
    'actions',
    'change',
    'importing',
    'previous_address',
    '{"[',
    '\\',
    '\\"',
    '<script>&\u2028',
    '\u0000',
    '\ud83d\ude00',
  ),
)

const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    awkward,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(awkward, tie('any'), { maxKeys: 3 }),
  ),
})).any

const attributes = fc.dictionary(
  fc.oneof(awkward, fc.constantFrom('tags', 'bucket', 'force_destroy', 'engine_version')),
  value,
  { maxKeys: 4 },
)

const actionLists = fc.constantFrom(
  ['no-op'],
  ['no-op'],
  ['create'],
  ['read'],
  ['update'],
  ['delete'],
  ['delete', 'create'],
  ['create', 'delete'],
  ['forget'],
)

const change = fc
  .record(
    {
      actions: actionLists,
      before: fc.oneof(attributes, fc.constant(null)),
      after: fc.oneof(attributes, fc.constant(null)),
      after_unknown: fc.oneof(
        fc.dictionary(awkward, fc.boolean(), { maxKeys: 2 }),
        fc.constantFrom(true, false),
      ),
      importing: fc.record({ id: awkward }),
      replace_paths: fc.array(fc.array(awkward, { minLength: 1, maxLength: 2 }), { maxLength: 2 }),
    },
    { requiredKeys: ['actions', 'before', 'after', 'after_unknown'] },
  )
  .map((made) => made as Record<string, unknown>)

const element = fc
  .record(
    {
      address: awkward,
      previous_address: awkward,
      mode: fc.constantFrom('managed', 'data'),
      type: fc.constantFrom('aws_s3_bucket', 'aws_iam_role', 'x'),
      name: awkward,
      index: fc.oneof(awkward, fc.integer()),
      provider_name: fc.constant('registry.opentofu.org/hashicorp/aws'),
      deposed: fc.constant('0a1b2c3d'),
      change,
      action_reason: fc.constantFrom('replace_because_tainted', 'delete_because_no_resource_config'),
    },
    { requiredKeys: ['address', 'mode', 'type', 'name', 'provider_name', 'change'] },
  )
  .map((made) => made as Record<string, unknown>)

/** Plan documents with every kind of change and text that looks like structure. */
export const planDocuments: fc.Arbitrary<Record<string, unknown>> = fc
  .record({
    changes: fc.array(element, { maxLength: 6 }),
    drift: fc.array(element, { maxLength: 2 }),
    outputs: fc.dictionary(awkward, fc.record({ actions: actionLists, after: value }), { maxKeys: 2 }),
    checks: fc.array(
      fc.record({
        address: fc.record({ to_display: awkward }),
        status: fc.constantFrom('pass', 'fail', 'error', 'unknown', 'later'),
      }),
      { maxLength: 2 },
    ),
  })
  .map(planDocument)

/** A text in chunks of these lengths, over and over. */
export function chunksOf(text: string, lengths: readonly number[]): Uint8Array[] {
  const bytes = Buffer.from(text, 'utf8')
  const chunks: Uint8Array[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? bytes.length
    chunks.push(bytes.subarray(at, at + length))
    at += length
  }
  return chunks
}
