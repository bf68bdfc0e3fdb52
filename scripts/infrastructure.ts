/**
 * `node scripts/infrastructure.ts`: docs/infrastructure.md, from the schema and from what sluice.example.yml compiles to. A
 * test compares it with what is committed.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { synthesizer } from '../cdktf/index.ts'
import { loadSystem } from '../src/config/load.ts'
import type { Stack } from '../src/domain/synthesizer.ts'
import { MemoryFiles } from '../src/runtime/fake/files.ts'
import { jsonSchema } from './derive.ts'
import { markdownTable } from './markdown.ts'

const root = join(import.meta.dirname, '..')

/** Section of sluice.yml -> how the constructs of its resources begin, as the compiler names them. */
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  environments: ['network', 'firewall-', 'cluster', 'namespace', 'ledger'],
  images: ['image-'],
  services: [
    'service-',
    'alarm-',
    'dashboard',
    'task-',
    'traffic-',
    'internet',
    'certificate',
    'zone',
    'name-',
  ],
  functions: ['function-', 'messages-'],
  apis: ['api-', 'domain-', 'mapping-'],
  workers: ['worker-', 'released-'],
  databases: ['database-'],
  buckets: ['bucket-'],
  tables: ['table-'],
  topics: ['topic-'],
  caches: ['cache-'],
  pipelines: ['step-'],
}

interface Property {
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Property>>
  readonly additionalProperties?: Property | boolean
}

interface Found {
  readonly type: string
  readonly construct: string
}

function resourcesOf(stacks: readonly Stack[]): Found[] {
  return stacks.flatMap(({ json }) =>
    Object.entries((json['resource'] ?? {}) as Record<string, Record<string, Resource>>).flatMap(
      ([type, all]) =>
        Object.values(all).map((resource) => ({
          type,
          construct: resource['//'].metadata.path.split('/')[1] ?? '',
        })),
    ),
  )
}
interface Resource {
  readonly '//': { readonly metadata: { readonly path: string } }
}

export async function infrastructurePage(): Promise<string> {
  const example = readFileSync(join(root, 'sluice.example.yml'), 'utf8')
  const files = new MemoryFiles({ '/project/sluice.yml': example })
  const { system } = await loadSystem(files, '/project/sluice.yml', 'production', '/project')
  const found = resourcesOf(await synthesizer.synthesize({ system, images: {} }))
  const schema = jsonSchema('sluice') as unknown as Property
  return [
    '# What sluice.yml becomes on AWS',
    '',
    '<!-- made from the schema and from sluice.example.yml by `node scripts/infrastructure.ts` -->',
    '',
    'For each part of sluice.yml: its keys, and the resources that `sluice synth` makes of it. `connects:` adds, beside',
    'variables, an `aws_vpc_security_group_ingress_rule` and the permissions of the one that connects.',
    '',
    ...Object.entries(SECTIONS).flatMap(([name, begins]) =>
      section(name, schema.properties?.[name], begins, found),
    ),
  ].join('\n')
}

function section(
  name: string,
  property: Property | undefined,
  begins: readonly string[],
  found: readonly Found[],
): string[] {
  const types = found
    .filter(({ construct }) =>
      begins.some((begin) => (begin.endsWith('-') ? construct.startsWith(begin) : construct === begin)),
    )
    .map(({ type }) => type)
  if (types.length === 0) throw new Error(`sluice.example.yml makes no resource of ${name}`)
  const inner = typeof property?.additionalProperties === 'object' ? property.additionalProperties : undefined
  const keys = Object.entries(inner?.properties ?? {}).map(([key, value]) => [
    `\`${key}\``,
    value.description ?? '',
    value.default === undefined ? '' : `\`${JSON.stringify(value.default)}\``,
  ])
  return [
    `## ${name}`,
    '',
    `${property?.description ?? ''}.`,
    '',
    `Resources: ${[...new Set(types)]
      .sort()
      .map((type) => `\`${type}\``)
      .join(', ')}.`,
    '',
    markdownTable(['key', 'what it is', 'default'], keys),
  ]
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(join(root, 'docs/infrastructure.md'), await infrastructurePage())
}
