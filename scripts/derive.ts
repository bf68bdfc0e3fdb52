/** What scripts/schema.ts writes, as values, so that a test can compare them with what is committed. */
import { Ajv } from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import { build } from 'esbuild'
import * as z from 'zod'
import { configSchema } from '../src/config/schema/config.ts'
import { evaluationSchema } from '../src/domain/models/evaluation.ts'
import { gatePolicySchema } from '../src/domain/models/policy.ts'
import { verdictSchema } from '../src/domain/models/verdict.ts'
import { approvalFileSchema } from '../src/domain/plans/approval.ts'
import { ledgerEventSchema, liveSchema, releaseSchema } from '../src/domain/releases/release.ts'
import { stacksFileSchema } from '../src/domain/stacks/stacks.ts'
import { targetsSchema } from '../src/domain/stacks/targets.ts'
import { digestSchema, imageReferenceSchema, imagesFileSchema } from '../src/domain/system/images.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

/** File of schema/ without `.schema.json` -> title and definition. */
const PUBLISHED: Readonly<Record<string, readonly [title: string, schema: z.ZodType]>> = {
  sluice: ['sluice.yml', configSchema],
  'gate-policy': ['Gate policy', gatePolicySchema],
  images: ['images.json', imagesFileSchema],
  evaluation: ['evaluation.json', evaluationSchema],
  verdict: ['verdict.json', verdictSchema],
  release: ['release.json', releaseSchema],
  'ledger-event': ['events/*.json of a ledger', ledgerEventSchema],
  live: ['live.json of a ledger', liveSchema],
  targets: ['targets.json', targetsSchema],
  stacks: ['stacks.json', stacksFileSchema],
  approval: ['approval.json', approvalFileSchema],
}

/** zod cannot say what these accept: they are functions. */
const CUSTOM = new Map<unknown, JsonSchema>([
  [digestSchema, { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' }],
  [imageReferenceSchema, { type: 'string', pattern: '^.+@sha256:[0-9a-f]{64}$' }],
])

/** The JSON Schema (2020-12) of what a person or program writes: defaults may be left out. */
export function jsonSchema(file: string): JsonSchema {
  const entry = PUBLISHED[file]
  if (entry === undefined) throw new Error(`no schema ${file}`)
  const [title, schema] = entry
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    reused: 'inline',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => void Object.assign(jsonSchema, CUSTOM.get(zodSchema)),
  })
  return { $schema, $id: `https://sluice.example/schema/${file}.schema.json`, title, ...rest }
}

/** The validator of sluice.yml as a module without imports; it fills in defaults and reports all errors. */
async function compiledValidator(): Promise<string> {
  const { $schema: _, $id: __, ...plain } = withoutProse(jsonSchema('sluice')) as JsonSchema
  const schema = shared(plain)
  // What zod writes of 2020-12 means the same in draft 7, for which ajv's code is shorter.
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    useDefaults: true,
    messages: false,
    inlineRefs: false,
    code: { source: true, esm: true, lines: false, optimize: 2 },
  })
  const validate = ajv.compile(schema)
  const result = await build({
    stdin: {
      contents: slim(standalone.default(ajv, validate), schema),
      resolveDir: import.meta.dirname,
      loader: 'js',
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['main'],
    minify: true,
    charset: 'utf8',
  })
  return `// Compiled from schema/sluice.schema.json by \`npm run schema\`.\n${result.outputFiles[0]?.text}`
}

/** What ajv writes everywhere and nobody reads: with what stands for it, a third of the module less to load at every run. */
const UNREAD: readonly (readonly [what: RegExp, instead: string])[] = [
  // An error has the rest of its parts (src/config/generated/validate.d.ts).
  [/,schemaPath:"[^"]*"/g, ''],
  [/,schema:(?:"(?:[^"\\]|\\.)*"|[\w.[\]"-]+),parentSchema:/g, ',parentSchema:'],
  // They are for references into the data, and sluice.yml has none.
  [/,parentData:[\w.[\]"-]+,parentDataProperty(?::(?:"(?:[^"\\]|\\.)*"|\w+))?,rootData\}/g, '}'],
  [/, parentData, parentDataProperty, rootData=data\}/g, '}'],
  [
    /const (err\d+) = (\{instancePath[^;]*?\});if\(vErrors === null\)\{vErrors = \[\1\];\}else \{vErrors\.push\(\1\);\}/g,
    'vErrors = withError(vErrors, $2);',
  ],
  [
    /^/,
    'const withError = (errors, error) => { if (errors === null) return [error]; errors.push(error); return errors };',
  ],
]

/** @throws Error where ajv writes in another way now. */
function slim(code: string, schema: JsonSchema): string {
  // Each part is a constant of its own beside it, and that is what errors name.
  const { $defs: _, ...top } = schema
  const root = code.replace(JSON.stringify(schema), () => JSON.stringify(top))
  const less = UNREAD.reduce((text, [what, instead]) => {
    const shorter = text.replace(what, instead)
    if (shorter === text) throw new Error(`ajv does not write ${what} any more: see to UNREAD`)
    return shorter
  }, root)
  if (root === code || /parentData\b|[{,]schema:/.test(less))
    throw new Error('ajv writes more now: see to UNREAD')
  return less
}

/** Descriptions are for editors; a program that rejects a file needs only titles and examples. */
function withoutProse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutProse)
  if (typeof value !== 'object' || value === null) return value
  const isSchema = !('properties' in value) || 'type' in value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, member]) => !(isSchema && key === 'description' && typeof member === 'string'))
      .map(([key, member]) => [key, withoutProse(member)]),
  )
}

/**
 * The same schema with each part that occurs more than once under $defs: ajv makes one function of it. Without this the
 * module is three times as large, and reading it takes longer than the file it judges.
 */
function shared(root: JsonSchema): JsonSchema {
  const counts = new Map<string, number>()
  const isPart = (value: unknown): value is JsonSchema =>
    typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
  const keyOf = ({ default: _, ...part }: JsonSchema): string => JSON.stringify(part)
  const count = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    if (isPart(value)) counts.set(keyOf(value), (counts.get(keyOf(value)) ?? 0) + 1)
    for (const member of Object.values(value)) count(member)
  }
  count(root)
  const names = new Map<string, string>()
  const $defs: Record<string, unknown> = {}
  const rewrite = (value: unknown, top = false): unknown => {
    if (Array.isArray(value)) return value.map((item) => rewrite(item))
    if (typeof value !== 'object' || value === null) return value
    const members = () => Object.fromEntries(Object.entries(value).map(([key, m]) => [key, rewrite(m)]))
    if (top || !isPart(value) || (value['type'] !== 'object' && (counts.get(keyOf(value)) ?? 0) < 2))
      return members()
    let name = names.get(keyOf(value))
    if (name === undefined) {
      name = `part${names.size}`
      names.set(keyOf(value), name)
      const { default: _, ...part } = members()
      $defs[name] = part
    }
    // What a message says about a missing member stays where the member is named.
    const { default: otherwise, title, examples } = value as JsonSchema
    return { default: otherwise, title, examples, $ref: `#/$defs/${name}` }
  }
  return JSON.parse(JSON.stringify({ ...(rewrite(root, true) as JsonSchema), $defs }))
}

/** Path from the root -> content. */
export async function derivedFiles(): Promise<Readonly<Record<string, string>>> {
  const schemas = Object.keys(PUBLISHED).map((file) => [
    `schema/${file}.schema.json`,
    `${JSON.stringify(jsonSchema(file), null, 2)}\n`,
  ])
  return {
    ...Object.fromEntries(schemas),
    'src/config/generated/validate.js': await compiledValidator(),
  }
}
