import { describe, expect, test } from 'vitest'
import type { Report, World } from '../../../src/commands/command.ts'
import { synth } from '../../../src/commands/synth.ts'
import { stacksFileSchema } from '../../../src/domain/stacks/stacks.ts'
import { type FakeOptions, type FakeRuntime, fakeRuntime } from '../../../src/runtime/fake/index.ts'

const HEAD = `system: films
environments:
  test: { cloud: aws, region: us-east-1, account: "222222222222" }
services: { api: { image: app, port: 8000 } }
images: { app: { context: app } }
`
const HCL = `${HEAD}infra: { hcl: infra/terraform }\n`
const CDKTF = `${HEAD}infra: { cdktf: infra, command: [npx, cdktf, synth] }\n`
const OUTPUT = 'output "sluice" {\n  value = { schema = "sluice.targets/v1" }\n}\n'
const FOLDER = '/project/.sluice/test/stacks'

async function run(
  files: Record<string, string>,
  options: { exec?: FakeOptions['exec']; dryRun?: boolean; runtime?: FakeRuntime } = {},
): Promise<{ report: Report; runtime: FakeRuntime }> {
  const { exec, dryRun = false } = options
  const runtime = options.runtime ?? fakeRuntime({ files, ...(exec === undefined ? {} : { exec }) })
  const world: World = {
    runtime,
    openProvider: () => Promise.reject(new Error('synth opens no cloud')),
    openSynthesizer: () => Promise.reject(new Error('nothing of ours is compiled')),
    request: { file: 'sluice.yml', environment: 'test', dryRun },
  }
  return { report: await synth(world, {}), runtime }
}

const text = async (runtime: FakeRuntime, path: string): Promise<string | undefined> => {
  const bytes = await runtime.files.read(path)
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8')
}
const stacksOf = async (runtime: FakeRuntime): Promise<unknown[]> =>
  stacksFileSchema.parse(JSON.parse((await text(runtime, `${FOLDER}/stacks.json`)) ?? '')).stacks

describe('a folder of HCL in place of the compiler', () => {
  const files = {
    '/project/sluice.yml': HCL,
    '/project/infra/terraform/main.tf': `resource "aws_s3_bucket" "raw" {}\nmodule "x" { source = "./x" }\n`,
    '/project/infra/terraform/outputs.tf': OUTPUT,
    '/project/infra/terraform/x/main.tf': 'resource "aws_sqs_queue" "q" {}\n',
    '/project/infra/terraform/.terraform/modules/modules.json': '{}',
    '/project/infra/terraform/terraform.tfstate': 'state of the team',
    '/project/infra/terraform/.env': 'AWS_SECRET_ACCESS_KEY=secret',
    '/project/infra/terraform/old.tfplan': 'values',
  }

  test('R46 is one stack, as it stands, without state, plans and secrets', async () => {
    const { report, runtime } = await run(files)
    expect(report).toMatchObject({ outcome: 'done', outputs: { directory: FOLDER } })
    expect(report.message).toBe('wrote 1 resources in 1 stacks to .sluice/test/stacks')
    expect(await stacksOf(runtime)).toEqual([{ name: 'terraform', dependsOn: [], resources: 1 }])
    expect(await text(runtime, `${FOLDER}/terraform/outputs.tf`)).toBe(OUTPUT)
    expect(await text(runtime, `${FOLDER}/terraform/x/main.tf`)).toContain('aws_sqs_queue')
    expect(await runtime.files.list(`${FOLDER}/terraform`)).toEqual(['main.tf', 'outputs.tf', 'x'])
  })

  test('R46 takes away files that are gone, and leaves what Terraform keeps', async () => {
    const { runtime } = await run(files)
    await runtime.files.write(`${FOLDER}/terraform/.terraform.lock.hcl`, 'locked')
    await runtime.files.write(`${FOLDER}/terraform/terraform.tfstate`, 'local state')
    await runtime.files.remove('/project/infra/terraform/x')
    await runtime.files.remove('/project/infra/terraform/main.tf')
    await run(files, { runtime })
    expect(await runtime.files.list(`${FOLDER}/terraform`)).toEqual([
      '.terraform.lock.hcl',
      'outputs.tf',
      'terraform.tfstate',
    ])
  })

  test('R44 without the output sluice is refused, and nothing is written', async () => {
    const hidden = '# output "sluice" {}\nlocals { a = "output \\"sluice\\" {}" }\n'
    const runtime = fakeRuntime({ files: { ...files, '/project/infra/terraform/outputs.tf': hidden } })
    await expect(run({}, { runtime })).rejects.toThrow('no stack of infra/terraform has the output sluice')
    expect(await runtime.files.list(FOLDER)).toEqual([])
  })

  test.each([
    ['JSON', { '/project/infra/terraform/a.tf.json': '{"output":{"sluice":{"value":{}}}}' }],
    ['JSON as a list', { '/project/infra/terraform/a.tf.json': '{"output":[{"sluice":{"value":{}}}]}' }],
    ['a file of OpenTofu', { '/project/infra/terraform/a.tofu': OUTPUT }],
  ])('has the output in %s', async (_, more) => {
    const { '/project/infra/terraform/outputs.tf': __, ...rest } = files
    expect((await run({ ...rest, ...more })).report.outcome).toBe('done')
  })

  test('that is not there, or holds no configuration, is refused by its name', async () => {
    await expect(run({ '/project/sluice.yml': HCL })).rejects.toThrow('there is no folder infra/terraform')
    const empty = { '/project/sluice.yml': HCL, '/project/infra/terraform/README.md': '' }
    await expect(run(empty)).rejects.toThrow('infra/terraform holds no file *.tf or *.tf.json')
  })

  test('is chosen for an environment by set', async () => {
    const file = HCL.replace('"222222222222" }', '"222222222222", set: { infra.hcl: infra/test } }')
    const { runtime } = await run({ '/project/sluice.yml': file, '/project/infra/test/main.tf': OUTPUT })
    expect(await stacksOf(runtime)).toEqual([{ name: 'test', dependsOn: [], resources: 0 }])
  })
})

describe('a CDKTF app in place of the compiler', () => {
  const stack = (content: object): string => JSON.stringify(content)
  const MADE = {
    '/project/infra/cdktf.out/manifest.json': JSON.stringify({
      version: '0.21.0',
      stacks: {
        app: {
          name: 'app',
          synthesizedStackPath: 'stacks/app/cdk.tf.json',
          dependencies: ['Data'],
          annotations: [],
        },
        Data: { name: 'Data', synthesizedStackPath: 'stacks/Data/cdk.tf.json', dependencies: [] },
      },
    }),
    '/project/infra/cdktf.out/stacks/Data/cdk.tf.json': stack({
      resource: { aws_s3_bucket: { raw: {}, kept: {} } },
    }),
    '/project/infra/cdktf.out/stacks/app/cdk.tf.json': stack({ output: { sluice: { value: {} } } }),
    '/project/infra/cdktf.out/stacks/app/assets/f/archive.zip': 'zip',
  }
  const files = { '/project/sluice.yml': CDKTF, '/project/infra/main.ts': 'new App()' }
  /** The command writes what `cdktf synth` would. */
  const app = (made: Record<string, string>) => {
    const runtime = fakeRuntime({
      env: { PATH: '/bin', AWS_SECRET_ACCESS_KEY: 'secret' },
      files,
      exec: async () => {
        for (const [path, content] of Object.entries(made)) await runtime.files.write(path, content)
        return {}
      },
    })
    return runtime
  }

  test('is run by its argument vector, and its stacks are taken over in their order', async () => {
    const { runtime } = await run({}, { runtime: app(MADE) })
    expect(runtime.ran.map(({ argv, options }) => [argv, options.cwd])).toEqual([
      [['npx', 'cdktf', 'synth'], '/project/infra'],
    ])
    expect(await stacksOf(runtime)).toEqual([
      { name: 'Data', dependsOn: [], resources: 2 },
      { name: 'app', dependsOn: ['Data'], resources: 0 },
    ])
    expect(await text(runtime, `${FOLDER}/app/assets/f/archive.zip`)).toBe('zip')
  })

  test('R10 is told the environment, and gets no credentials', async () => {
    const { runtime } = await run({}, { runtime: app(MADE) })
    const env = runtime.ran[0]?.options.env
    expect(env).toMatchObject({ PATH: '/bin', SLUICE_SYSTEM: 'films', SLUICE_ENVIRONMENT: 'test' })
    expect(Object.values(env ?? {})).not.toContain('secret')
  })

  test('that fails is the team’s: its last lines are shown', async () => {
    const failing = run(files, { exec: () => ({ code: 1, stderr: 'TypeError: stack of undefined' }) })
    await expect(failing).rejects.toMatchObject({ outcome: 'external', whose: 'user' })
    await expect(failing).rejects.toThrow(/npx cdktf synth in infra ended with 1:\nTypeError/)
  })

  test('R44 that writes nothing is not taken for done by what an earlier run left', async () => {
    await expect(run({ ...files, ...MADE })).rejects.toThrow('the command of infra wrote no')
  })

  test('without the output sluice in any stack is refused', async () => {
    const without = { ...MADE, '/project/infra/cdktf.out/stacks/app/cdk.tf.json': '{"output":{"other":{}}}' }
    await expect(run({}, { runtime: app(without) })).rejects.toThrow(
      'no stack of infra has the output sluice',
    )
  })

  test('writes where its cdktf.json says', async () => {
    const moved = Object.fromEntries(
      Object.entries(MADE).map(([path, content]) => [path.replace('cdktf.out', 'out/put'), content]),
    )
    const runtime = app(moved)
    await runtime.files.write('/project/infra/cdktf.json', '{"output":"out/put"}')
    expect((await run({}, { runtime })).report.outcome).toBe('done')
  })

  test('with --dry-run is not run: only what would be is said', async () => {
    const { report, runtime } = await run({}, { runtime: app(MADE), dryRun: true })
    expect(report.message).toBe('would run npx cdktf synth in infra, and take over the stacks that it makes')
    expect(runtime.ran).toEqual([])
    expect(await runtime.files.list(FOLDER)).toEqual([])
  })

  test('whose stack would leave the folder is refused', async () => {
    const evil = MADE['/project/infra/cdktf.out/manifest.json'].replaceAll('stacks/app/', '../../app/')
    const runtime = app({ ...MADE, '/project/infra/cdktf.out/manifest.json': evil })
    await expect(run({}, { runtime })).rejects.toThrow('a stack is a folder of its name')
  })
})
