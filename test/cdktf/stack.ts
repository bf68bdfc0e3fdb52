import { App } from 'cdktf'
import { stacksOf } from '../../cdktf/core/stacks-of.ts'
import { SystemStack } from '../../cdktf/core/system-stack.ts'
import { synthesizer } from '../../cdktf/index.ts'
import { loadSystem } from '../../src/config/load.ts'
import type { Stack, Synthesis } from '../../src/domain/stacks/synthesizer.ts'
import { MemoryFiles } from '../../src/runtime/fake/files.ts'

export type Resources = Record<string, Record<string, Record<string, unknown>>>

interface Alone {
  readonly resource: Resources
  readonly data?: unknown
  readonly locals?: unknown
}

/** A stack with one thing in it, as Terraform JSON without what every stack has. */
export function alone(build: (stack: SystemStack) => void): Alone {
  const app = new App({ stackTraces: false, outdir: '.' })
  const stack = new SystemStack(app, 'stack', {
    state: { kind: 's3', bucket: 'state', region: 'us-east-1', prefix: 'films/test' },
    targets: { schema: 'sluice.targets/v1', system: 'films', environment: 'test', region: 'us-east-1' },
  })
  build(stack)
  const [only] = stacksOf(app)
  const { resource, data, locals } = (only?.json ?? {}) as unknown as Alone
  return { resource, ...(data === undefined ? {} : { data }), ...(locals === undefined ? {} : { locals }) }
}

/** Keys in order, two spaces: what a golden file holds. */
export function golden(value: unknown): string {
  return `${JSON.stringify(value, (_, inner: unknown) => (isRecord(inner) ? inOrder(inner) : inner), 2)}\n`
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const inOrder = (record: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))

const HEAD = `system: films
environments:
  test: { cloud: aws, region: us-east-1, account: "222222222222", zone: films.example, cidr: 10.20.0.0/16 }
images: { app: { context: app } }
`

/** The stacks of a sluice.yml; one without \`system:\` gets a head with environment test and the image app. */
export async function stacks(
  text: string,
  environment = 'test',
  images: Synthesis['images'] = {},
): Promise<readonly Stack[]> {
  const whole = text.startsWith('system:') || text.includes('\nsystem:') ? text : HEAD + text
  const files = new MemoryFiles({ '/project/sluice.yml': whole })
  const { system } = await loadSystem(files, '/project/sluice.yml', environment, '/project')
  return synthesizer.synthesize({ system, images })
}

/** All resources of one type, over some stacks, by logical id. */
export function ofType(all: readonly Stack[], type: string): Record<string, Record<string, unknown>> {
  return Object.assign(
    {},
    ...all.map(({ json }) => ((json['resource'] ?? {}) as Resources)[type] ?? {}),
  ) as Record<string, Record<string, unknown>>
}

/** The only resource of a type, or the only one whose id begins so. */
export function one(all: readonly Stack[], type: string, begins = ''): Record<string, unknown> {
  const found = Object.entries(ofType(all, type)).filter(([id]) => id.startsWith(begins))
  const [first] = found
  if (first === undefined || found.length > 1) throw new Error(`${found.length} of ${type} ${begins}*`)
  return first[1]
}
