import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  RegisterJobDefinitionCommand,
} from '@aws-sdk/client-batch'
import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs'
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { testSession } from '../providers/aws/session.ts'
import { type DockerEngine, dockerEngine } from '../real/docker-engine.ts'
import { startMinistack } from '../real/ministack.ts'
import { startMoto } from '../real/moto.ts'

const NAME = 'shop-production-web'
const STEPS = ['fit', 'score'] as const

/** A cloud whose services and steps are containers of this machine: ECS is ministack's, Batch and S3 are moto's. */
export interface RealCloud extends AsyncDisposable {
  readonly engine: DockerEngine
  /** Where S3 answers, to containers too, and asks for no signature. */
  readonly s3: string
  /** For whoever uses it: one address a service. */
  readonly env: Readonly<Record<string, string>>
  /** What stacks would have made: of service web, and of the steps of pipeline rank; for targets.json, in HCL. */
  readonly targets: string
  /** Containers of the service that run now. */
  running(): readonly { readonly image: string; readonly env: readonly string[] }[]
}

/** @param registry where `shop/web` lies. */
export async function openRealCloud(registry: string, buckets: readonly string[]): Promise<RealCloud> {
  await using opened = new AsyncDisposableStack()
  const engine = await dockerEngine()
  const ecs = opened.use(await startMinistack({ engine }))
  const { region } = ecs
  const { DOCKER_HOST } = engine.env
  const moto = opened.use(await startMoto({ DOCKER_HOST, MOTO_DOCKER_NETWORK_MODE: 'host' }))
  opened.defer(() => {
    // Another suite may have containers in the same engine; nobody else has this registry.
    const all = engine.docker('ps', '--all', '--no-trunc', '--format', '{{.ID}} {{.Image}}').split('\n')
    for (const one of all.filter((line) => line.includes(` ${registry}/`)))
      engine.docker('rm', '--force', one.split(' ')[0] ?? '')
  })
  const image = `${registry}/shop/web:template`
  await service(`http://${ecs.host}`, region, image)
  const queue = await steps(moto.url, region, image)
  const s3 = new S3Client({ ...testSession({ endpoint: moto.url, region }).clients, forcePathStyle: true })
  for (const Bucket of buckets) {
    const CreateBucketConfiguration = { LocationConstraint: region as 'eu-west-1' }
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }))
  }
  s3.destroy()
  const jobs = STEPS.map(
    (step) =>
      `"rank.${step}" = { kind = "batch-job", region = "${region}", queue = "${queue}", definition = "${definitionOf(step)}" }`,
  )
  const logs = STEPS.map((step) => `"rank.${step}" = "cloudwatch:${region}:/aws/batch/job"`)
  const rest = opened.move()
  return {
    engine,
    s3: moto.url,
    env: {
      AWS_ENDPOINT_URL_S3: moto.url,
      AWS_ENDPOINT_URL_BATCH: moto.url,
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: moto.url,
      AWS_ENDPOINT_URL_ECS: `http://${ecs.host}`,
      DOCKER_HOST,
      DOCKER_CONFIG: engine.env.DOCKER_CONFIG,
    },
    targets: `services = { web = {
      kind = "ecs-service", region = "${region}", cluster = "shop-production", service = "${NAME}", container = "web"
      loadBalanced = false, template = "${NAME}", roles = [], scale = { min = 1, max = 1 }
    } }
    jobs = { ${jobs.join(', ')} }
    logs = { ${logs.join(', ')} }`,
    running: () => {
      const family = `label=com.amazonaws.ecs.task-definition-family=${NAME}_releases`
      const ids = engine.docker('ps', '--quiet', '--filter', family).split('\n').filter(Boolean)
      return ids.map((id) => {
        const config = JSON.parse(engine.docker('inspect', '--format', '{{json .Config}}', id)) as {
          readonly Image: string
          readonly Env: readonly string[]
        }
        return { image: config.Image, env: config.Env }
      })
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

/** A template whose image does not exist, and a service without copies. */
async function service(endpoint: string, region: string, image: string): Promise<void> {
  const { clients } = testSession({ endpoint, region })
  const ecs = new ECSClient(clients)
  const logs = new CloudWatchLogsClient(clients)
  await ecs.send(new CreateClusterCommand({ clusterName: 'shop-production' }))
  await logs.send(new CreateLogGroupCommand({ logGroupName: '/shop/web' }))
  const container = {
    name: 'web',
    image,
    essential: true,
    memory: 64,
    logConfiguration: {
      logDriver: 'awslogs' as const,
      options: { 'awslogs-group': '/shop/web', 'awslogs-stream-prefix': 'web' },
    },
  }
  await ecs.send(new RegisterTaskDefinitionCommand({ family: NAME, containerDefinitions: [container] }))
  const cluster = 'shop-production'
  const made = { cluster, serviceName: NAME, taskDefinition: NAME, desiredCount: 0 }
  await ecs.send(new CreateServiceCommand(made))
  ecs.destroy()
  logs.destroy()
}

const definitionOf = (step: string): string => `shop-production-rank-${step}`

/** A queue, and a definition a step. */
async function steps(endpoint: string, region: string, image: string): Promise<string> {
  const { clients } = testSession({ endpoint, region })
  const iam = new IAMClient(clients)
  const batch = new BatchClient(clients)
  const trust = '{"Version":"2012-10-17"}'
  const { Role } = await iam.send(
    new CreateRoleCommand({ RoleName: 'batch', AssumeRolePolicyDocument: trust }),
  )
  const { computeEnvironmentArn } = await batch.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: 'shop',
      type: 'UNMANAGED',
      state: 'ENABLED',
      serviceRole: Role?.Arn,
    }),
  )
  const computeEnvironmentOrder = [{ order: 1, computeEnvironment: computeEnvironmentArn }]
  const { jobQueueArn = '' } = await batch.send(
    new CreateJobQueueCommand({
      jobQueueName: 'shop',
      state: 'ENABLED',
      priority: 1,
      computeEnvironmentOrder,
    }),
  )
  for (const step of STEPS) {
    const resourceRequirements = [
      { type: 'VCPU' as const, value: '1' },
      { type: 'MEMORY' as const, value: '512' },
    ]
    await batch.send(
      new RegisterJobDefinitionCommand({
        jobDefinitionName: definitionOf(step),
        type: 'container',
        containerProperties: { image, environment: [], resourceRequirements },
      }),
    )
  }
  iam.destroy()
  batch.destroy()
  return jobQueueArn
}
