import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ApplyOptions, apply } from '../../src/commands/apply.ts'
import type { Report, World } from '../../src/commands/command.ts'
import { perform } from '../../src/commands/perform.ts'
import { plan } from '../../src/commands/plan.ts'
import { awsStateBucket } from '../../src/domain/stacks/state-buckets.ts'
import type { Event } from '../../src/runtime/events.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'
import { Redactor } from '../../src/runtime/redact.ts'
import type { ExecResult, Runtime } from '../../src/runtime/runtime.ts'
import { openEngineWorld } from '../world/cloud-world/engine-world.ts'
import { typesUsed } from '../world/cloud-world/types-used.ts'
import type { CloudWorld } from '../world/cloud-world/world.ts'
import { ownHclOnAws } from '../world/own-hcl.ts'
import { planIdOf } from './deployment.ts'

type Json = Readonly<Record<string, unknown>>

/** What is another for one command. */
export interface Moment {
  readonly env?: Readonly<Record<string, string>>
  readonly environment?: string
  /** Parts of the world; `ask: undefined` where nobody is there to be asked. */
  readonly world?: { readonly [K in 'ask' | 'reviews']?: World[K] | undefined }
  readonly cancelled?: AbortSignal
}

/** One stack of a team's own with few resources, so that a plan is quick; states lie in the simulated S3. */
export interface OwnStack extends AsyncDisposable {
  readonly world: CloudWorld
  /** Folder of sluice.yml. */
  readonly folder: string
  /** `.sluice/production`. */
  readonly state: string
  readonly events: Event[]
  runtime(moment?: Moment): Runtime
  resources(resource: Json): Promise<void>
  /** Adds lines to sluice.yml. */
  configure(text: string): Promise<void>
  plan(moment?: Moment): Promise<Report>
  apply(options?: ApplyOptions, moment?: Moment): Promise<Report>
  /** The plan's id, as it was shown. */
  id(): Promise<string>
  tofu(...args: string[]): Promise<ExecResult>
}

const ACCOUNT = '222222222222'
const REGION = 'us-east-1'
const BUCKET = awsStateBucket({ account: ACCOUNT, region: REGION })

export const bucket = (name: string, more: Json = {}): Json => ({ bucket: name, ...more })

export async function openOwnStack(resource: Json): Promise<OwnStack> {
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'sluice-own-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  let written = resource
  const engine = opened.use(
    await openEngineWorld({
      account: ACCOUNT,
      region: REGION,
      buckets: [BUCKET],
      types: () => typesUsed([{ resource: written }]),
    }),
  )
  const state = join(folder, '.sluice/production')
  const file = join(folder, 'sluice.yml')
  await mkdir(join(folder, 'own'))
  await writeFile(file, CONFIG)
  await writeFile(join(folder, 'own/main.tf'), HCL)
  const resources = async (next: Json): Promise<void> => {
    written = next
    await writeFile(join(folder, 'own/cdk.tf.json'), JSON.stringify({ resource: next }))
  }
  await resources(resource)
  const events: Event[] = []
  const env = { PATH: process.env['PATH'], HOME: folder, USER: 'somebody', ...engine.env }
  const runtime: OwnStack['runtime'] = (moment = {}) =>
    nodeRuntime(
      { emit: (event) => void events.push(event) },
      { cancelled: moment.cancelled ?? new AbortController().signal },
      folder,
      { ...env, ...moment.env },
    )
  const worldOf = (moment: Moment): World => {
    const { ask, ...others } = { ask: async () => planIdOf(state), ...moment.world }
    return {
      runtime: runtime(moment),
      openProvider: () => Promise.reject(new Error('no provider here')),
      ...(ask === undefined ? {} : { ask }),
      ...(others as { readonly reviews?: NonNullable<World['reviews']> }),
      request: { file, environment: moment.environment ?? 'production', dryRun: false },
    }
  }
  const rest = opened.move()
  return {
    world: engine.world,
    folder,
    state,
    events,
    runtime,
    resources,
    configure: async (text) => writeFile(file, `${await readFile(file, 'utf8')}${text}`),
    plan: async (moment = {}) =>
      (await perform(worldOf(moment), new Redactor(), 'plan', (world) => plan(world, {}))).report,
    apply: async (options = {}, moment = {}) =>
      (await perform(worldOf(moment), new Redactor(), 'apply', (world) => apply(world, options))).report,
    id: () => planIdOf(state),
    tofu: (...args) =>
      runtime().exec.run(['tofu', ...args, '-no-color'], { cwd: join(state, 'stacks/own'), env }),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

const CONFIG = `system: tiny
environments:
  production: { cloud: aws, account: "${ACCOUNT}", region: ${REGION} }
  staging: { cloud: aws, account: "${ACCOUNT}", region: ${REGION} }
infra: { hcl: own }
`

const HCL = ownHclOnAws({ system: 'tiny', states: BUCKET, region: REGION, targets: '' })
