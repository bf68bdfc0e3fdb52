import { unzipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { synthesizer } from '../../../cdktf/index.ts'
import type { Report, World } from '../../../src/commands/command.ts'
import { type SynthOptions, synth } from '../../../src/commands/synth.ts'
import { stacksFileSchema } from '../../../src/domain/stacks/stacks.ts'
import { type FakeRuntime, fakeRuntime } from '../../../src/runtime/fake/index.ts'

const FILE = `system: films
environments:
  local: { cloud: local }
  test: { cloud: aws, region: us-east-1, account: "222222222222" }
images: { app: { context: app } }
services: { api: { image: app, port: 8000 } }
buckets: { raw: {} }
functions: { upload: { source: functions/upload, handler: index.handler, runtime: nodejs22.x } }
workers: { detector: { script: boot.sh, gpu: 0 } }
`
const AROUND = {
  '/project/sluice.yml': FILE,
  '/project/functions/upload/index.js': 'exports.handler = async () => ({})',
  '/project/functions/upload/lib/a.js': 'module.exports = 1',
  '/project/boot.sh': 'echo work',
}

async function run(
  options: {
    readonly environment?: string
    readonly dryRun?: boolean
    readonly files?: Record<string, string>
    readonly runtime?: FakeRuntime
    readonly synth?: SynthOptions
  } = {},
): Promise<{ report: Report; runtime: FakeRuntime }> {
  const runtime = options.runtime ?? fakeRuntime({ files: options.files ?? AROUND })
  const world: World = {
    runtime,
    openProvider: () => Promise.reject(new Error('synth opens no cloud')),
    openSynthesizer: async () => synthesizer,
    request: {
      file: 'sluice.yml',
      environment: options.environment ?? 'test',
      dryRun: options.dryRun ?? false,
    },
  }
  return { report: await synth(world, options.synth ?? {}), runtime }
}

const text = async (runtime: FakeRuntime, path: string): Promise<string> =>
  Buffer.from((await runtime.files.read(path)) ?? []).toString('utf8')

describe('sluice synth', () => {
  test('writes a folder for each stack, and stacks.json with their order', async () => {
    const { report, runtime } = await run()
    const folder = '/project/.sluice/test/stacks'
    expect(report).toMatchObject({ outcome: 'done', outputs: { directory: folder } })
    const file = stacksFileSchema.parse(JSON.parse(await text(runtime, `${folder}/stacks.json`)))
    expect(file.stacks.map(({ name, dependsOn }) => [name, dependsOn])).toEqual([
      ['foundation', []],
      ['data', []],
      ['compute', ['foundation']],
    ])
    for (const { name, resources } of file.stacks) {
      const json = JSON.parse(await text(runtime, `${folder}/${name}/cdk.tf.json`)) as {
        resource: Record<string, object>
      }
      expect(Object.values(json.resource).flatMap(Object.keys).length).toBe(resources)
    }
  })

  test('carries the code of functions as zips that are the same for the same content', async () => {
    const { runtime } = await run()
    const path = '/project/.sluice/test/stacks/compute/assets/upload.zip'
    const first = await runtime.files.read(path)
    const content = unzipSync(first ?? new Uint8Array())
    expect(Object.keys(content)).toEqual(['index.js', 'lib/a.js'])
    expect(Buffer.from(content['lib/a.js'] ?? []).toString()).toBe('module.exports = 1')
    const again = await run()
    expect(await again.runtime.files.read(path)).toEqual(first)
    expect(await text(runtime, '/project/.sluice/test/stacks/compute/assets/detector.sh')).toBe('echo work')
  })

  test('writes where --out says', async () => {
    const { report, runtime } = await run({ synth: { out: 'infra' } })
    expect(report.outputs['directory']).toBe('/project/infra')
    expect(await text(runtime, '/project/infra/foundation/cdk.tf.json')).toMatch(/^\{\n {2}"\/\/"/)
  })

  test('takes away the stacks that are gone, and nothing else', async () => {
    const { runtime } = await run()
    const folder = '/project/.sluice/test/stacks'
    await runtime.files.write(`${folder}/compute/.terraform.lock.hcl`, 'locked')
    await runtime.files.write(`${folder}/mine/main.tf`, 'mine')
    await runtime.files.write('/project/sluice.yml', FILE.replace('buckets: { raw: {} }\n', ''))
    await run({ runtime })
    expect(await runtime.files.read(`${folder}/data/cdk.tf.json`)).toBeUndefined()
    expect(await text(runtime, `${folder}/compute/.terraform.lock.hcl`)).toBe('locked')
    expect(await text(runtime, `${folder}/mine/main.tf`)).toBe('mine')
  })

  test('with --dry-run says the stacks and writes nothing', async () => {
    const { report, runtime } = await run({ dryRun: true })
    expect(report.message).toMatch(/^would write \d+ resources in 3 stacks to \.sluice\/test\/stacks$/)
    expect(report.data['stacks']).toHaveLength(3)
    expect(await runtime.files.list('/project/.sluice/test')).toEqual([])
  })

  test('leaves everything as it was where a folder of code is missing', async () => {
    const runtime = fakeRuntime({ files: { '/project/sluice.yml': FILE, '/project/boot.sh': '' } })
    await expect(run({ runtime })).rejects.toThrow('there is no folder functions/upload')
    expect(await runtime.files.list('/project/.sluice/test/stacks')).toEqual([])
  })

  test('on cloud local has nothing to do', async () => {
    const files = { '/project/sluice.yml': FILE.split('\n').slice(0, -4).join('\n') }
    const { report } = await run({ environment: 'local', files })
    expect(report).toMatchObject({ outcome: 'done', data: { stacks: [] } })
    expect(report.message).toContain('cloud local')
  })
})
