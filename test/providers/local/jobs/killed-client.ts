/** Starts a job and then only waits to be killed. */

import { digestOf, imageReference } from '../../../../src/domain/digest.ts'
import { openJobs } from '../../../../src/providers/local/jobs/index.ts'
import { nodeRuntime } from '../../../../src/runtime/node/index.ts'

const folder = process.argv[2] ?? ''
const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }, folder)
const containers = {
  prepare: async (_: unknown, command: readonly string[] = []) => ({
    argv: [process.execPath, ...command] as const,
    cwd: folder,
    env: {},
  }),
}
const script = `console.log('begun'); setTimeout(() => { console.log('finished'); process.exit(7) }, 1000)`
await openJobs({
  runtime,
  folder,
  containers,
  variables: async () => ({ shared: {}, connections: {} }),
}).start({
  id: 'orphan',
  image: imageReference('local/test/trainer', digestOf('trainer')),
  env: {},
  step: {
    name: 'train',
    image: 'trainer',
    command: ['-e', script],
    needs: [],
    inputs: {},
    outputs: {},
    env: {},
    secrets: {},
    connects: [],
    size: { cpu: 1, memory: 2 ** 30 },
    gpu: 0,
    nodes: 1,
    spot: false,
    timeout: 60_000,
    retries: 0,
  },
})
process.stdout.write('started\n')
setInterval(() => {}, 1000)
