/** `sluice build` against a registry, as one process: what the command line does, with the registry handed in. */
import { build } from '../../src/commands/build.ts'
import { openImageStore } from '../../src/images/store.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'

const host = process.env['BENCH_REGISTRY'] ?? ''
const runtime = nodeRuntime(
  { emit: (event) => (event.kind === 'message' ? void process.stderr.write(`${event.text}\n`) : undefined) },
  { cancelled: new AbortController().signal },
)
const report = await build({
  runtime,
  openProvider: async (_, context) => {
    const names = Object.keys(context.system.images)
    const registries = Object.fromEntries(names.map((name) => [name, `${host}/bench/${name}`]))
    const images = openImageStore({ ...context, registries })
    return { images, close: () => images.close() } as Partial<Provider> as Provider
  },
  request: { file: 'sluice.yml', environment: 'production', dryRun: false },
})
process.stdout.write(`${report.message}\n`)
