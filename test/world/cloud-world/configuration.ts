import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'
import type { ExecResult, Process } from '../../../src/runtime/runtime.ts'
import { openEngineWorld } from './engine-world.ts'
import { typesUsed } from './types-used.ts'
import type { CloudWorld } from './world.ts'

type Json = Readonly<Record<string, unknown>>

/** One small configuration with its state beside it, and the engine on it. */
export interface Configuration extends AsyncDisposable {
  readonly world: CloudWorld
  write(json: Json): Promise<void>
  /** Everything but what `tofu` itself prints goes to the result. */
  tofu(...args: string[]): Promise<ExecResult>
  start(...args: string[]): Promise<Process>
}

/** @param json resources and data sources of the configuration; the provider is added. */
export async function openConfiguration(json: Json): Promise<Configuration> {
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'sluice-configuration-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  let written = json
  const engine = opened.use(await openEngineWorld({ types: () => typesUsed([written]) }))
  const env = { PATH: process.env['PATH'], HOME: folder, ...engine.env }
  const signals = { cancelled: new AbortController().signal }
  const { exec } = nodeRuntime({ emit: () => {} }, signals, folder, env)
  const write = async (json: Json): Promise<void> => {
    written = json
    const whole = {
      terraform: { required_providers: { aws: { source: 'hashicorp/aws' } } },
      provider: { aws: { region: 'us-east-1' } },
      ...json,
    }
    await writeFile(join(folder, 'main.tf.json'), JSON.stringify(whole))
  }
  const tofu = (...args: string[]): Promise<ExecResult> =>
    exec.run(['tofu', ...args, '-no-color'], { cwd: folder, env })
  await write(json)
  const { code, stdout, stderr } = await tofu('init', '-input=false')
  if (code !== 0) throw new Error(`${stdout}\n${stderr}`)
  const rest = opened.move()
  return {
    world: engine.world,
    write,
    tofu,
    start: (...args) => exec.start(['tofu', ...args, '-no-color'], { cwd: folder, env }),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}
