import { readFile } from 'node:fs/promises'
import type { Report } from '../../../src/commands/command.ts'
import { type OperateOptions, operate } from '../../../src/commands/operate.ts'
import { type TrainOptions, train } from '../../../src/commands/train.ts'
import { digestOf, imageReference } from '../../../src/domain/digest.ts'
import { targetsSchema } from '../../../src/domain/stacks/targets.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { type FakeRuntime, fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { type JobProgram, MemoryJobs } from '../../world/jobs.ts'
import { MemoryObjects } from '../../world/objects.ts'
import { MemoryRegistry } from '../../world/registry.ts'

export const LEDGER = 'file:///ledger/'
export const STATE = '/project/.sluice/local'
const SYSTEM = new URL('./sluice.yml', import.meta.url)

/** A pipeline of four steps with a model, on a cloud in memory that stays from one command to the next. */
export class TrainWorld {
  readonly objects = new MemoryObjects()
  readonly models = new MemoryRegistry()
  readonly jobs: MemoryJobs
  /** The working folder; a new machine starts with another one. */
  files: Record<string, string> = {}
  image = 'trainer'
  #machines = 0

  constructor(change: Partial<Record<'extract' | 'split' | 'train' | 'score', JobProgram>> = {}) {
    // As S3 does it: equal bytes, equal etag.
    const put = async (uri: string | undefined, text: string): Promise<void> => {
      this.objects.contents.set(uri ?? '', { etag: digestOf(text), bytes: Buffer.from(text) })
    }
    const get = (uri: string | undefined): string =>
      Buffer.from(this.objects.contents.get(uri ?? '')?.bytes ?? '').toString()
    this.jobs = new MemoryJobs({
      extract: async (env) => {
        await put(env['SLUICE_OUTPUT_FILMS'], `films of seed ${env['SLUICE_SEED']}`)
        return 0
      },
      split: async (env) => {
        await put(env['SLUICE_OUTPUT_TRAIN'], `train ${get(env['SLUICE_INPUT_FILMS'])}`)
        await put(env['SLUICE_OUTPUT_TEST'], `test ${get(env['SLUICE_INPUT_FILMS'])}`)
        return 0
      },
      train: async (env) => {
        const model = `model ${env['SLUICE_PARAM_EPOCHS']} ${get(env['SLUICE_INPUT_TRAIN'])}`
        await put(env['SLUICE_OUTPUT_MODEL'], model)
        return 0
      },
      score: async (env) => {
        const folder = env['SLUICE_OUTPUT_EVALUATION']
        const digest = digestOf(get(env['SLUICE_INPUT_MODEL']))
        const champion = env['SLUICE_CHAMPION_RANK']?.split('@')[1]
        const rows = `id,label,challenger\n1,1,1\n`
        await put(`${folder}rows.csv`, rows)
        await put(
          `${folder}evaluation.json`,
          JSON.stringify({
            schema: 'sluice.evaluation/v1',
            model: { digest },
            champion: champion === undefined ? null : { digest: champion },
            dataset: { digest: digestOf(get(env['SLUICE_INPUT_TEST'])), rows: 1 },
            rows: { path: 'rows.csv', id: 'id', label: 'label', challenger: 'challenger' },
          }),
        )
        return 0
      },
      ...change,
    })
  }

  runtime(): FakeRuntime {
    const runtime = fakeRuntime({ files: this.files, env: { GITHUB_SHA: 'a'.repeat(40) } })
    runtime.random.bytes(++this.#machines) // no two machines draw the same
    return runtime
  }

  async train(
    options: TrainOptions = {},
    how: { dryRun?: boolean; runtime?: FakeRuntime } = {},
  ): Promise<{ report: Report; runtime: FakeRuntime }> {
    const runtime = how.runtime ?? this.runtime()
    await runtime.files.write('/project/sluice.yml', await readFile(SYSTEM))
    const digest = digestOf(this.image)
    const record = {
      reference: imageReference('local/shop/trainer', digest),
      digest,
      fingerprint: digest,
      tag: 't',
      platforms: ['linux/amd64'],
      how: 'built',
    }
    if (this.image !== '') {
      const images = { schema: 'sluice.images/v1', images: { trainer: record } }
      await runtime.files.write(`${STATE}/images.json`, JSON.stringify(images))
    }
    const request = { file: 'sluice.yml', environment: 'local', dryRun: how.dryRun ?? false }
    const report = await train({ runtime, openProvider: async () => this.#provider(), request }, options)
    return { report, runtime }
  }

  /** `sluice operate` on another machine, after what was trained. */
  async operate(options: OperateOptions): Promise<{ report: Report; lines: readonly string[] }> {
    const runtime = this.runtime()
    await runtime.files.write('/project/sluice.yml', await readFile(SYSTEM))
    const request = { file: 'sluice.yml', environment: 'local', dryRun: false }
    const report = await operate({ runtime, openProvider: async () => this.#provider(), request }, options)
    const lines = runtime.events.flatMap((event) =>
      event.kind === 'output' ? [`${event.source}: ${event.line}`] : [],
    )
    return { report, lines }
  }

  #provider(): Provider {
    const unused = (): never => {
      throw new Error('train does not use this')
    }
    const targets = targetsSchema.parse({
      schema: 'sluice.targets/v1',
      system: 'shop',
      environment: 'local',
      buckets: { data: 's3://data', models: 's3://models' },
      ledger: LEDGER,
    })
    return {
      images: { find: unused, publish: unused, inspect: unused },
      services: { describe: unused, stage: unused, shift: unused, settle: unused, revert: unused },
      operations: { logs: unused, pause: unused, resume: unused, restart: unused },
      jobs: this.jobs,
      objects: this.objects,
      models: this.models,
      targets: async () => targets,
      close: async () => {},
    }
  }
}
