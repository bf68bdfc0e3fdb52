import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build, type Plugin } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type * as z from 'zod'
import { BANNER } from '../../scripts/bundle.ts'
import { slimPackages } from '../../scripts/slim-packages.ts'
import type { Verdict } from '../../src/domain/models/verdict.ts'
import { codeOf, isPassing, isThrottled, statusOf } from '../../src/providers/aws/trouble.ts'
import { judged } from '../gate/evidence.ts'

const root = join(import.meta.dirname, '../..')
const OPTIONS = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  banner: BANNER,
} as const

interface Client {
  send(command: object): Promise<unknown>
}
type Api = Readonly<Record<string, new (input: object) => Client>>

/** A client, a command of it, and errors that its service has classes for, with how they are sent. */
const CALLS = [
  ['ssm', 'SSMClient', 'GetParameterCommand', { Name: 'a' }, ['ParameterNotFound', 'InternalServerError']],
  [
    'ssm',
    'SSMClient',
    'SendCommandCommand',
    { DocumentName: 'a' },
    ['InvalidDocument', 'ThrottlingException'],
  ],
  [
    'lambda',
    'LambdaClient',
    'GetAliasCommand',
    { FunctionName: 'a', Name: 'b' },
    ['ResourceNotFoundException', 'TooManyRequestsException', 'ServiceException'],
  ],
  [
    'lambda',
    'LambdaClient',
    'UpdateAliasCommand',
    { FunctionName: 'a', Name: 'b' },
    ['PreconditionFailedException', 'ResourceConflictException', 'InvalidParameterValueException'],
  ],
  [
    'ecs',
    'ECSClient',
    'StopTaskCommand',
    { task: 'a' },
    ['ClusterNotFoundException', 'InvalidParameterException', 'ServerException', 'AccessDeniedException'],
  ],
  ['batch', 'BatchClient', 'SubmitJobCommand', { jobName: 'a' }, ['ClientException', 'ServerException']],
  [
    'logs',
    'CloudWatchLogsClient',
    'GetLogEventsCommand',
    { logStreamName: 'a' },
    ['ResourceNotFoundException'],
  ],
  [
    'scheduler',
    'SchedulerClient',
    'DeleteScheduleCommand',
    { Name: 'a' },
    ['ResourceNotFoundException', 'ConflictException'],
  ],
  ['ecr', 'ECRClient', 'DescribeRepositoriesCommand', {}, ['RepositoryNotFoundException']],
  [
    'scaling',
    'ApplicationAutoScalingClient',
    'DescribeScalableTargetsCommand',
    { ServiceNamespace: 'ecs' },
    ['ConcurrentUpdateException'],
  ],
  ['sagemaker', 'SageMakerClient', 'StopTrainingJobCommand', { TrainingJobName: 'a' }, ['ResourceNotFound']],
] as const

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-slim-'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await Promise.all([bundled('whole', []), bundled('slim', [slimPackages(root)])])
}, 60_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

const names = [...new Set(CALLS.map(([name]) => name))]
const bundled = (outdir: string, plugins: Plugin[]) =>
  build({
    ...OPTIONS,
    entryPoints: Object.fromEntries(names.map((name) => [name, `src/providers/aws/sdk/${name}.ts`])),
    outdir: join(folder, outdir),
    splitting: true,
    plugins,
  })

/** What our code learns of an error. */
async function learned(which: string, [name, client, command, input]: (typeof CALLS)[number], code: string) {
  const message = `it said ${code}`
  const status = /Server|ServiceException/.test(code) ? 500 : 400
  const server = createServer((_, response) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'x-amzn-errortype': `${code}:http://x/`,
    })
    // One service writes the message with a capital.
    const body = name === 'lambda' || name === 'scheduler' ? { Message: message } : { message }
    response.end(JSON.stringify({ __type: `com.amazonaws.x#${code}`, ...body, more: 1 }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const api = (await import(pathToFileURL(join(folder, which, `${name}.js`)).href)) as Api
    const [Opened, Command] = [api[client], api[command]]
    if (Opened === undefined || Command === undefined)
      throw new Error(`${name} has no ${client} or ${command}`)
    const opened = new Opened({
      region: 'eu-west-1',
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      maxAttempts: 1,
      credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' },
    })
    const error = await opened.send(new Command(input)).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (!(error instanceof Error)) throw new Error('it did not refuse')
    const { $fault } = error as Error & { $fault?: string }
    const judged = { passing: isPassing(error), throttled: isThrottled(error) }
    return { code: codeOf(error), status: statusOf(error), message: error.message, $fault, ...judged }
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test.each(CALLS.flatMap((call) => call[4].map((code) => ({ call, code }))))(
  'a client without classes of its errors tells $code as one with them ($call.0)',
  async ({ call, code }) => {
    const whole = await learned('whole', call, code)
    expect(whole).toMatchObject({ code, message: `it said ${code}` })
    expect(await learned('slim', call, code)).toEqual(whole)
  },
)

/** What a module exports, without the plugin and with it. */
async function bothWays(entry: string, exported = '*'): Promise<readonly [whole: Exports, slim: Exports]> {
  const made = async (which: string, plugins: Plugin[]): Promise<Exports> => {
    const outfile = join(folder, `${entry.replaceAll('/', '-')}.${which}.js`)
    await build({
      ...OPTIONS,
      stdin: { contents: `export ${exported} from './${entry}'`, resolveDir: root },
      outfile,
      plugins,
    })
    return (await import(pathToFileURL(outfile).href)) as Exports
  }
  return [await made('whole', []), await made('slim', [slimPackages(root)])]
}
type Exports = Readonly<Record<string, unknown>>

const SCHEMAS = globSync(
  'node_modules/@aws-sdk/{client-*,nested-clients}/dist-es/{schemas,submodules/*/schemas}/schemas_0.js',
  { cwd: root },
)

test('there are schemas of clients to compare', () => {
  expect(SCHEMAS.length).toBeGreaterThan(12)
})

test.each(SCHEMAS)('schemas with plain keys are those of the package: %s', async (path) => {
  const [whole, slim] = await bothWays(path)
  // A schema names others by functions.
  const text = (api: Exports): string =>
    JSON.stringify(api, (_, value) => (typeof value === 'function' ? String(value) : value))
  expect(text(whole).length).toBeGreaterThan(1_000)
  expect(text(slim)).toBe(text(whole))
})

test('the parser of HTTP is unpacked as the package has it', async () => {
  const [whole, slim] = await bothWays('node_modules/undici/lib/llhttp/llhttp_simd-wasm.js', '{ default }')
  expect(whole['default']).toHaveLength(54_202)
  expect(slim['default']).toEqual(whole['default'])
})

test('zod judges without what writes JSON Schemas', async () => {
  const [whole, slim] = await bothWays('node_modules/zod/v4/index.js')
  type Zod = typeof z
  for (const { object, string, number, toJSONSchema } of [whole as Zod, slim as Zod]) {
    const schema = object({ name: string().min(2), size: number().int() })
    expect(schema.parse({ name: 'ab', size: 1 })).toEqual({ name: 'ab', size: 1 })
    expect(schema.safeParse({ name: 'a', size: 0.5 }).error?.issues).toHaveLength(2)
    expect(schema.shape.name.minLength).toBe(2)
    expect(schema['~standard'].vendor).toBe('zod')
    expect(toJSONSchema).toBeTypeOf('function')
  }
  expect(() => (slim as Zod).string().toJSONSchema()).toThrow('no JSON Schema is written here')
})

test('a page with figures is the same without what draws maps', async () => {
  const [whole, slim] = await bothWays('src/report/gate/page.ts')
  const verdict = await judged({ policy: { slices: ['language'], floors: { f1: 0.7 } } })
  const pages = [whole, slim].map(({ htmlReport }) => (htmlReport as (of: Verdict) => string)(verdict))
  expect(pages[0]).toContain('<svg')
  expect(pages[1]).toBe(pages[0])
})

test('a machine of Google Cloud signs in with what its metadata server says', async () => {
  const server = createServer((request, response) => {
    response.writeHead(200, { 'metadata-flavor': 'Google', 'content-type': 'application/json' })
    const isToken = request.url?.startsWith('/computeMetadata/v1/instance/service-accounts/default/token')
    response.end(isToken ? '{"access_token":"of-this-machine","expires_in":3599,"token_type":"Bearer"}' : '1')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const outfile = join(folder, 'sign-in.js')
    const contents = `
      import { GoogleAuth } from './src/providers/gcp/google-auth.ts'
      const client = await new GoogleAuth({ scopes: ['a'], projectId: 'films' }).getClient()
      const { token } = await client.getAccessToken()
      console.log(token, client.credentials.expiry_date > Date.now())`
    await build({
      ...OPTIONS,
      stdin: { contents, resolveDir: root },
      outfile,
      plugins: [slimPackages(root)],
    })
    const GCE_METADATA_HOST = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const env = { HOME: folder, GCE_METADATA_HOST, METADATA_SERVER_DETECTION: 'assume-present' }
    const { stdout } = await promisify(execFile)(process.execPath, [outfile], { env })
    expect(stdout).toBe('of-this-machine true\n')
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
