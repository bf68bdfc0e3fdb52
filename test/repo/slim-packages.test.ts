import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { slimPackages } from '../../scripts/slim-packages.ts'
import { codeOf, isPassing, isThrottled, statusOf } from '../../src/providers/aws/trouble.ts'

const root = join(import.meta.dirname, '../..')
const BANNER = "import{createRequire as r}from'node:module';const require=r(import.meta.url);"

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
    absWorkingDir: root,
    entryPoints: Object.fromEntries(names.map((name) => [name, `src/providers/aws/sdk/${name}.ts`])),
    outdir: join(folder, outdir),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    banner: { js: BANNER },
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
