import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apply } from '../../src/commands/apply.ts'
import type { Command, Report, World } from '../../src/commands/command.ts'
import { type OperateOptions, operate } from '../../src/commands/operate.ts'
import { perform } from '../../src/commands/perform.ts'
import { plan } from '../../src/commands/plan.ts'
import { loadSystem } from '../../src/config/load.ts'
import type { CommandName } from '../../src/domain/outcome.ts'
import { awsStateBucket, gcpStateBucket } from '../../src/domain/stacks/state-buckets.ts'
import type { Pulls } from '../../src/domain/system/preview.ts'
import { openProvider } from '../../src/providers/index.ts'
import type { ObjectStore } from '../../src/providers/ports/objects.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'
import { Redactor } from '../../src/runtime/redact.ts'
import { World as MemoryCloud } from '../world/cloud.ts'
import { openEngineWorld } from '../world/cloud-world/engine-world.ts'
import { typesUsed } from '../world/cloud-world/types-used.ts'
import type { CloudWorld } from '../world/cloud-world/world.ts'
import { planIdOf } from './deployment.ts'

/** A system whose pull requests get environments, the real engine, the clients of the real clouds, and a simulated cloud. */
export interface PreviewWorld extends AsyncDisposable {
  readonly world: CloudWorld
  /** What the bucket of the states holds below a prefix. */
  states(): Promise<readonly string[]>
  configure(change: (text: string) => string): Promise<void>
  /** Plans and applies until no stack waits for another. */
  deploy(environment: string): Promise<void>
  plan(environment: string): Promise<Report>
  operate(environment: string, options: OperateOptions, more?: Partial<World>): Promise<Report>
}

const AWS = { account: '222222222222', region: 'us-east-1' }
const GCP = { project: 'films-1', location: 'europe-west1' }

const HEAD = {
  aws: `  pr: { cloud: aws, account: "${AWS.account}", region: ${AWS.region}, preview: { keep: 3d } }
  staging: { cloud: aws, account: "${AWS.account}", region: ${AWS.region} }`,
  gcp: `  pr: { cloud: gcp, project: ${GCP.project}, region: ${GCP.location}, preview: { keep: 3d }, set: { tables.seen: null } }
  staging: { cloud: gcp, project: ${GCP.project}, region: ${GCP.location}, set: { tables.seen: null } }`,
}
const SYSTEM = `images: { api: { mirror: "registry.example/api:1" } }
services: { api: { image: api, port: 80, public: true, scale: { min: 2, max: 4 }, connects: [db, raw] } }
databases: { db: { high-availability: true } }
buckets: { raw: {} }
tables: { seen: { attributes: { id: string }, key: { partition: id } } }
components: { extra: [raw] }
`

export async function openPreviews(cloud: 'aws' | 'gcp'): Promise<PreviewWorld> {
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'sluice-previews-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'sluice.yml')
  let text = `system: films\nenvironments:\n${HEAD[cloud]}\n${SYSTEM}`
  await writeFile(file, text)
  const made: Record<string, unknown>[] = []
  const bucket = awsStateBucket(AWS)
  const engine = opened.use(
    await openEngineWorld({
      account: AWS.account,
      ...(cloud === 'gcp' ? { project: GCP.project } : { region: AWS.region, buckets: [bucket] }),
      types: () => typesUsed(made),
    }),
  )
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    USER: 'somebody',
    CLOUDSDK_AUTH_ACCESS_TOKEN: 'simulated',
    CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: String(
      engine.env['GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT'],
    ).replace(/\/storage\/v1\/$/, ''),
    ...engine.env,
  }
  const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }, folder, env)
  const memory = new MemoryCloud()
  const state = (environment: string): string => join(folder, '.sluice', environment)
  const worldOf = (environment: string): World => ({
    runtime,
    // States are listed and removed by the cloud's own client; everything else is not looked at here.
    openProvider: async (name, context) => {
      const { objects, close } = await openProvider(name, context)
      const provider = memory.provider()
      return { ...provider, objects: besides(provider.objects, objects), close }
    },
    openSynthesizer: async () => {
      const { synthesizer } = await import('../../cdktf/index.ts')
      return {
        synthesize: async (input) => {
          const stacks = await synthesizer.synthesize(input)
          made.push(...stacks.map(({ json }) => ({ ...json })))
          return stacks
        },
      }
    },
    ask: async () => planIdOf(state(environment)),
    request: { file, environment, dryRun: false },
  })
  const run = async <Options>(
    name: CommandName,
    command: Command<Options>,
    environment: string,
    options: Options,
    more: Partial<World> = {},
  ): Promise<Report> => {
    const world = { ...worldOf(environment), ...more }
    return (await perform(world, new Redactor(), name, (inner) => command(inner, options))).report
  }
  const rest = opened.move()
  return {
    world: engine.world,
    states: async () => {
      const { system } = await loadSystem(runtime.files, file, 'pr', folder)
      const provider = await openProvider(cloud, { runtime, system, root: folder, state: state('pr') })
      const place = cloud === 'aws' ? `s3://${bucket}/` : `gs://${gcpStateBucket(GCP)}/`
      const found: string[] = []
      for await (const { uri } of provider.objects.list(place)) found.push(uri.slice(place.length))
      await provider.close()
      return found
    },
    configure: async (change) => {
      text = change(text)
      await writeFile(file, text)
    },
    deploy: async (environment) => {
      for (let round = 0; round < 6; round += 1) {
        const planned = await run('plan', plan, environment, {})
        if (planned.outcome !== 'done') throw new Error(planned.message)
        const applied = await run('apply', apply, environment, {})
        if (applied.outcome === 'done') return
        if (applied.outcome !== 'refused') throw new Error(applied.message)
      }
      throw new Error('after six rounds a stack still waits for another')
    },
    plan: (environment) => run('plan', plan, environment, {}),
    operate: (environment, options, more) => run('operate', operate, environment, options, more),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

/** Objects of the bucket with the states, and all others in memory: what apply publishes beside the ledger. */
function besides(memory: ObjectStore, states: ObjectStore): ObjectStore {
  const of = (uri: string): ObjectStore => (/^(s3|gs):\/\/sluice-state-/.test(uri) ? states : memory)
  return {
    read: (uri) => of(uri).read(uri),
    write: (uri, body, only) => of(uri).write(uri, body, only),
    list: (prefix) => of(prefix).list(prefix),
    remove: (uri) => of(uri).remove(uri),
  }
}

/** Pull requests as a test says they are. */
export const pulls = (states: Readonly<Record<number, { open: boolean; touchedAt: number }>>): Pulls => ({
  at: async (number) => states[number],
})
