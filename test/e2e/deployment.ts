import { readdirSync, readFileSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ApplyOptions, apply } from '../../src/commands/apply.ts'
import type { Command, Report, World } from '../../src/commands/command.ts'
import { perform } from '../../src/commands/perform.ts'
import { plan } from '../../src/commands/plan.ts'
import { synth } from '../../src/commands/synth.ts'
import { loadDocument, loadSystem } from '../../src/config/load.ts'
import { digestOf } from '../../src/domain/digest.ts'
import type { CommandName } from '../../src/domain/outcome.ts'
import { planFileSchema } from '../../src/domain/plans/plan.ts'
import { awsStateBucket } from '../../src/domain/stacks/state-buckets.ts'
import { databaseNamesKey } from '../../src/domain/system/database-names.ts'
import type { System } from '../../src/domain/system/system.ts'
import { planId } from '../../src/plan/approval.ts'
import { type Finding, nameOf } from '../../src/plan/guard.ts'
import type { Event } from '../../src/runtime/events.ts'
import { nodeFiles } from '../../src/runtime/node/files.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'
import { Redactor } from '../../src/runtime/redact.ts'
import type { ExecResult } from '../../src/runtime/runtime.ts'
import { World as MemoryCloud } from '../world/cloud.ts'
import { openEngineWorld } from '../world/cloud-world/engine-world.ts'
import { typesUsed } from '../world/cloud-world/types-used.ts'
import type { CloudWorld } from '../world/cloud-world/world.ts'
import { MemoryJobs } from '../world/jobs.ts'

const EXAMPLES = join(import.meta.dirname, '../../examples')

/** An environment of a copy of an example, the real engine, and the simulated cloud. */
export interface Deployment extends AsyncDisposable {
  readonly world: CloudWorld
  readonly system: System
  /** `.sluice/<env>`. */
  readonly state: string
  readonly events: readonly Event[]
  plan(): Promise<Report>
  /** Somebody at a terminal types the plan's id when asked, unless the options approve in another way. */
  apply(options?: ApplyOptions): Promise<Report>
  /** Plans and applies until no stack waits for another; whatever holds data and goes is named. */
  deploy(): Promise<void>
  /** As SIGINT or SIGTERM do; the environment is of no more use then. */
  cancel(): void
  /** Changes sluice.yml. */
  edit(change: (text: string) => string): Promise<void>
  /** Compiles the stacks and applies each by the engine alone, as people did before. */
  bring(): Promise<void>
  /** The engine itself, in the folder of a stack. */
  tofu(stack: string, ...args: string[]): Promise<ExecResult>
  /** Names of the stacks in the order of apply. */
  stacks(): readonly string[]
}

/** Every environment of every example that is not on this machine, in the order of its sluice.yml. */
export async function environmentsInClouds(): Promise<
  readonly { readonly example: string; readonly environment: string; readonly system: System }[]
> {
  const folders = readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const documents = folders.map(async ({ name }) => {
    const folder = join(EXAMPLES, name)
    const { environments } = await loadDocument(nodeFiles, join(folder, 'sluice.yml'), folder)
    return environments
      .filter(({ cloud }) => cloud !== 'local')
      .map(({ name: environment, system }) => ({ example: name, environment, system }))
  })
  return (await Promise.all(documents)).flat()
}

export async function openDeployment(example: string, name = 'production'): Promise<Deployment> {
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'sluice-deploy-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const unwanted = /\/(node_modules|\.sluice)(\/|$)/
  await cp(join(EXAMPLES, example), folder, { recursive: true, filter: (path) => !unwanted.test(path) })
  const file = join(folder, 'sluice.yml')
  const { system } = await loadSystem(nodeFiles, file, name, folder)
  const { account = '222222222222', region = 'us-east-1', project, cloud } = system.environment
  const state = join(folder, '.sluice', name)
  const engine = opened.use(
    await openEngineWorld({
      account,
      ...(project === undefined ? {} : { project }),
      ...(cloud === 'aws' ? { region, buckets: [awsStateBucket({ account, region })] } : {}),
      types: () => typesUsed(configurations(join(state, 'stacks'))),
    }),
  )
  const events: Event[] = []
  const env = { PATH: process.env['PATH'], HOME: folder, ...engine.env }
  const cancel = new AbortController()
  const signals = { cancelled: cancel.signal }
  const runtime = nodeRuntime({ emit: (event) => void events.push(event) }, signals, folder, env)
  const memory = new MemoryCloud()
  const jobs = new MemoryJobs({ [databaseNamesKey('db')]: async () => 0 })
  const world: World = {
    runtime,
    // What apply publishes beside the ledger goes to objects in memory, and the task that makes databases ends well.
    openProvider: async () => {
      const provider = memory.provider()
      return { ...provider, jobs, images: { ...provider.images, resolve: async (name) => digestOf(name) } }
    },
    openSynthesizer: async () => (await import('../../cdktf/index.ts')).synthesizer,
    ask: async () => planIdOf(state),
    request: { file, environment: name, dryRun: false },
  }
  const run = async (name: CommandName, command: Command<Record<never, never>>): Promise<Report> =>
    (await perform(world, new Redactor(), name, (inner) => command(inner, {}))).report
  const verbs = {
    plan: () => run('plan', plan),
    apply: (options: ApplyOptions = {}) => run('apply', (inner) => apply(inner, options)),
  }
  const tofu = (stack: string, ...args: string[]): Promise<ExecResult> =>
    runtime.exec.run(['tofu', ...args], { cwd: join(state, 'stacks', stack), env })
  const stacks = (): string[] => stackNames(join(state, 'stacks'))
  const rest = opened.move()
  return {
    ...verbs,
    cancel: () => cancel.abort(new Error('cancelled')),
    bring: async () => {
      expectDone(await run('synth', synth))
      for (const stack of stacks()) {
        succeeds(await tofu(stack, 'init', '-input=false', '-no-color'))
        succeeds(await tofu(stack, 'validate', '-no-color'))
        succeeds(await tofu(stack, 'plan', '-out=first.tfplan', '-input=false', '-no-color'))
        succeeds(await tofu(stack, 'apply', '-input=false', '-no-color', 'first.tfplan'))
        await rm(join(state, 'stacks', stack, 'first.tfplan'))
      }
    },
    world: engine.world,
    system,
    state,
    events,
    deploy: async () => {
      for (let round = 0; round < 10; round += 1) {
        const planned = await verbs.plan()
        expectDone(planned)
        const applied = await verbs.apply({ allowLoss: losses(planned) })
        if (applied.outcome === 'done') return
        if (applied.outcome !== 'refused') throw new Error(applied.message)
      }
      throw new Error('after ten rounds a stack still waits for another')
    },
    edit: async (change) => writeFile(file, change(await readFile(file, 'utf8'))),
    tofu: (stack, ...args) => runtime.exec.run(['tofu', ...args], { cwd: join(state, 'stacks', stack), env }),
    stacks: () => stackNames(join(state, 'stacks')),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

/** The names that let everything pass which a plan takes along. */
function losses({ data }: Report): string[] {
  const { findings } = data['guard'] as { readonly findings: readonly Finding[] }
  return findings.flatMap((finding) => nameOf(finding, String(data['plan'])) ?? [])
}

function succeeds({ code, stdout, stderr }: ExecResult): void {
  if (code !== 0) throw new Error(`${stdout}\n${stderr}`)
}

function expectDone({ outcome, message }: Report): void {
  if (outcome !== 'done') throw new Error(`${outcome}: ${message}`)
}

/** As plan has shown it. */
export async function planIdOf(state: string): Promise<string> {
  const { fingerprint } = planFileSchema.parse(JSON.parse(await readFile(join(state, 'plan.json'), 'utf8')))
  return planId(fingerprint)
}

function stackNames(folder: string): string[] {
  const file = JSON.parse(readFileSync(join(folder, 'stacks.json'), 'utf8')) as { stacks: { name: string }[] }
  return file.stacks.map(({ name }) => name)
}

const configurations = (folder: string): Record<string, unknown>[] =>
  stackNames(folder).map(
    (name) => JSON.parse(readFileSync(join(folder, name, 'cdk.tf.json'), 'utf8')) as Record<string, unknown>,
  )
