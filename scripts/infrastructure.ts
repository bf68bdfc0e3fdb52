/**
 * `node scripts/infrastructure.ts`: docs/infrastructure.md, from the schema and from what sluice.example.yml compiles to. A
 * test compares it with what is committed.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { synthesizer } from '../cdktf/index.ts'
import { CARRIES } from '../src/config/carries.ts'
import { loadSystem } from '../src/config/load.ts'
import type { Stack } from '../src/domain/stacks/synthesizer.ts'
import { RESOURCE_KINDS } from '../src/domain/system/system.ts'
import { MemoryFiles } from '../src/runtime/fake/files.ts'
import { jsonSchema } from './derive.ts'
import { markdownTable } from './markdown.ts'

const root = join(import.meta.dirname, '..')

type Sections = Readonly<Record<string, readonly string[]>>

/** Section of sluice.yml -> how the constructs of its resources begin, as the compiler names them. */
const ON_AWS: Sections = {
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
  pipelines: ['step-', 'task-killer'],
}

const ON_GOOGLE_CLOUD: Sections = {
  environments: ['apis', 'network', 'run-names', 'ledger'],
  images: ['image-'],
  services: ['account-', 'service-', 'pool-', 'alarm-', 'dashboard', 'certificates', 'internet', 'name-'],
  functions: ['function-', 'builder'],
  workers: ['account-', 'worker-'],
  databases: ['database-', 'private-services'],
  buckets: ['bucket-'],
  topics: ['topic-', 'subscription-', 'push-', 'asks-'],
  caches: ['cache-', 'memorystore'],
  pipelines: ['step-'],
}
/** What stands for a connection. */
const CONNECTION = ['access-']

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
  const aws = await compiled('production')
  const google = await compiled('europe')
  const schema = jsonSchema('sluice') as unknown as Property
  return [
    '# What sluice.yml becomes in a cloud',
    '',
    '<!-- made from the schema and from sluice.example.yml by `node scripts/infrastructure.ts` -->',
    '',
    'For each part of sluice.yml: its keys, and the resources that `sluice synth` makes of it.',
    '',
    'On AWS `connects:` adds, beside variables, an `aws_vpc_security_group_ingress_rule` and the permissions of the one that',
    `connects. On Google Cloud it adds permissions on the things themselves, and rules: ${list(typesOf(google, CONNECTION))}.`,
    '',
    ...Object.entries(ON_AWS).flatMap(([name, begins]) => [
      ...heading(name, schema.properties?.[name]),
      `On AWS: ${list(made(name, aws, begins, ON_AWS))}.`,
      '',
      `On Google Cloud: ${onGoogleCloud(name, google)}.`,
      '',
      keys(schema.properties?.[name]),
    ]),
    ...NOTES,
  ].join('\n')
}

/** What a reader of the tables would not guess. */
const NOTES = [
  '## On Google Cloud',
  '',
  '- A service is made with a placeholder of Google. What a rollout deploys stands in targets.json as `template`, the JSON of',
  '  the API but for digests and model pins; plans leave `template`, `traffic` and `scaling` alone.',
  '- A service without a port is a worker pool. A step is a job of Cloud Run, or with GPUs or several machines a custom job of',
  '  Vertex AI; `engine` says otherwise.',
  '- A service that is not public has internal ingress and asks its callers who they are: who connects it may call it, and',
  '  sends a token of its account (`Authorization: Bearer`, from the metadata server, with the URL as audience).',
  '- A service with a domain is reached through the load balancer; one that is public without a domain has the name and the',
  '  certificate of Cloud Run.',
  '- Databases are reached by their socket (`DB_HOST=/cloudsql/...`), from workers by their address. Caches add `NAME_CA`, the',
  '  certificate of their authority; functions add `NAME_URL`.',
  '- A name in `secrets` is the id of a secret in Secret Manager, its other signs made `-`: `filmlens/tmdb` is `filmlens-tmdb`.',
  '- An image with `remote: true` is fetched by a remote repository of Artifact Registry, which keeps what was asked of it. What',
  '  runs is named by the digest that its tag had upstream when it was built. Its layers are fetched when it first starts: what',
  '  upstream removes before that is lost, where a copy would have it. Private registries are copied.',
  '- `zone: films.example` is the managed zone `films-example` of Cloud DNS.',
  '- A worker machine is deleted by Compute Engine when its time is over. Which image it runs says an object beside the ledger,',
  '  which rollouts write.',
  '',
]

async function compiled(environment: string): Promise<Found[]> {
  const example = readFileSync(join(root, 'sluice.example.yml'), 'utf8')
  const files = new MemoryFiles({ '/project/sluice.yml': example })
  const { system } = await loadSystem(files, '/project/sluice.yml', environment, '/project')
  return resourcesOf(await synthesizer.synthesize({ system, images: {} }))
}

/** How much of a construct's name one of these says; the section that says most of it has it. */
function matchLength(construct: string, begins: readonly string[]): number {
  const matching = begins.filter((begin) =>
    begin.endsWith('-') ? construct.startsWith(begin) : construct === begin,
  )
  return Math.max(0, ...matching.map(({ length }) => length))
}

function typesOf(found: readonly Found[], begins: readonly string[], among: Sections = {}): string[] {
  const all = Object.values(among).flat()
  const types = found
    .filter(({ construct }) => {
      const own = matchLength(construct, begins)
      return own > 0 && own >= matchLength(construct, all)
    })
    .map(({ type }) => type)
  return [...new Set(types)].sort()
}

function made(name: string, found: readonly Found[], begins: readonly string[], among: Sections): string[] {
  const types = typesOf(found, begins, among)
  if (types.length === 0) throw new Error(`sluice.example.yml makes no resource of ${name}`)
  return types
}

function onGoogleCloud(name: string, found: readonly Found[]): string {
  const begins = ON_GOOGLE_CLOUD[name]
  const isCarried = !RESOURCE_KINDS.some((kind) => kind === name && !CARRIES.gcp.includes(kind))
  if (isCarried !== (begins !== undefined)) throw new Error(`${name}: the page and carries.ts disagree`)
  return begins === undefined ? 'refused by name' : list(made(name, found, begins, ON_GOOGLE_CLOUD))
}

const list = (types: readonly string[]): string => types.map((type) => `\`${type}\``).join(', ')

function heading(name: string, property: Property | undefined): string[] {
  return [`## ${name}`, '', `${property?.description ?? ''}.`, '']
}

function keys(property: Property | undefined): string {
  const inner = typeof property?.additionalProperties === 'object' ? property.additionalProperties : undefined
  const rows = Object.entries(inner?.properties ?? {}).map(([key, value]) => [
    `\`${key}\``,
    value.description ?? '',
    value.default === undefined ? '' : `\`${JSON.stringify(value.default)}\``,
  ])
  return markdownTable(['key', 'what it is', 'default'], rows)
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(join(root, 'docs/infrastructure.md'), await infrastructurePage())
}
