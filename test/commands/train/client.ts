/**
 * `node client.ts FOLDER`: the command `train` in a process of its own, with real jobs and files, for tests that kill it. Its
 * report is the last line it prints; lines of jobs come before it.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { train } from '../../../src/commands/train.ts'
import { digestOf, imageReference } from '../../../src/domain/digest.ts'
import { targetsSchema } from '../../../src/domain/stacks/targets.ts'
import { openJobs } from '../../../src/providers/local/jobs/index.ts'
import { openObjects } from '../../../src/providers/local/objects/object-store.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'
import { MemoryRegistry } from '../../world/registry.ts'

const [folder = ''] = process.argv.slice(2)
const controller = new AbortController()
process.on('SIGINT', () => controller.abort(new Error('cancelled')))
const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)
const runtime = nodeRuntime({ emit: say }, { cancelled: controller.signal }, folder)

const unused = (): never => {
  throw new Error('train does not use this')
}
const jobs = openJobs({
  runtime,
  folder,
  variables: async () => ({ shared: {}, connections: {} }),
  containers: {
    prepare: async (_, command = []) => ({ argv: [process.execPath, ...command], cwd: folder, env: {} }),
  },
})
const bucket = (name: string): string => pathToFileURL(join(folder, name)).href
const provider: Provider = {
  images: { find: unused, publish: unused, inspect: unused },
  services: { describe: unused, stage: unused, shift: unused, settle: unused, revert: unused },
  operations: { logs: unused, pause: unused, resume: unused, restart: unused },
  jobs,
  objects: openObjects({
    folder: join(folder, 'objects'),
    fileRoots: [folder],
    buckets: {},
    clock: runtime.clock,
  }),
  models: new MemoryRegistry(),
  targets: async () =>
    targetsSchema.parse({
      schema: 'sluice.targets/v1',
      system: 'shop',
      environment: 'local',
      buckets: { data: bucket('data') },
      ledger: bucket('ledger'),
    }),
  close: async () => {},
}
const digest = digestOf('trainer')
await runtime.files.write(
  join(folder, '.sluice/local/images.json'),
  JSON.stringify({
    schema: 'sluice.images/v1',
    images: {
      trainer: {
        reference: imageReference('local/shop/trainer', digest),
        digest,
        fingerprint: digest,
        tag: 't',
        platforms: ['linux/amd64'],
        how: 'built',
      },
    },
  }),
)
const report = await train(
  {
    runtime,
    openProvider: async () => provider,
    request: { file: join(folder, 'sluice.yml'), environment: 'local', dryRun: false },
  },
  {},
)
say({ report })
