import type { Engine, Pipeline, Step } from '../../../src/domain/system.ts'
import type { Statement } from '../../core/policy.ts'
import { BatchJob } from '../batch-job.ts'
import { BatchQueue } from '../batch-queue.ts'
import { FargateTask } from '../fargate-task.ts'
import { GpuWorker } from '../gpu-worker.ts'
import { Role } from '../role.ts'
import { connect, readBucket, secretResources, valueFrom, writeBucket } from './connect.ts'
import { mapValues, platformOf, repositories } from './services.ts'
import type { Site } from './site.ts'

/** Every step is a template that a run starts: its key in targets.json is `pipeline.step`. */
export function pipelines(site: Site): void {
  for (const pipeline of Object.values(site.system.pipelines)) {
    for (const step of Object.values(pipeline.steps)) make(site, pipeline, step)
  }
}

/** Where a step runs that does not say: containers without GPUs on Fargate, the others on machines of AWS Batch. */
export function engineOf(step: Step): Exclude<Engine, 'process' | 'docker' | 'cloud-run' | 'vertex'> {
  const { engine } = step
  if (engine === 'ecs' || engine === 'ec2' || engine === 'batch' || engine === 'sagemaker') return engine
  return step.gpu === 0 && step.nodes === 1 ? 'ecs' : 'batch'
}

/** A step reads its inputs and writes its outputs, and no other part of a bucket. */
function places(site: Site, step: Step): Statement[] {
  const read = Object.values(step.inputs).flatMap((place) =>
    place.kind === 'bucket' ? readBucket(site.name('buckets', place.bucket), prefixOf(place.path)) : [],
  )
  const write = Object.values(step.outputs).flatMap((place) => {
    if (place.kind !== 'bucket') return []
    const bucket = site.name('buckets', place.bucket)
    return [...readBucket(bucket, prefixOf(place.path)), ...writeBucket(bucket, prefixOf(place.path))]
  })
  return unique([...read, ...write])
}

const prefixOf = (path: string): string => path

function unique(statements: readonly Statement[]): Statement[] {
  return [...new Map(statements.map((statement) => [JSON.stringify(statement), statement])).values()]
}

function make(site: Site, pipeline: Pipeline, step: Step): void {
  const { system, account, region } = site
  const key = `${pipeline.name}.${step.name}`
  const id = `step-${pipeline.name}-${step.name}`
  const stack = site.stack('compute')
  const name = site.name('services', key)
  const firewall = site.firewall(pipeline.name)
  const access = connect(site, stack, {
    name: pipeline.name,
    connects: step.connects,
    env: step.env,
    secrets: step.secrets,
    firewall,
  })
  const statements = unique([...places(site, step), ...access.statements])
  const logs = `/pipelines/${system.name}/${pipeline.name}/${step.name}`
  const common = {
    name,
    account,
    region,
    logs,
    statements,
    repositories: repositories(site, [step]),
  }
  const command = step.command === undefined ? {} : { command: step.command }
  const { subnetIds, publicAddress } = site.places
  const engine = engineOf(step)
  switch (engine) {
    case 'ecs': {
      const task = new FargateTask(stack, id, {
        ...common,
        ...step.size,
        containers: [
          {
            name: 'step',
            image: site.templateImage(step.image),
            essential: true,
            environment: access.environment,
            secrets: mapValues(access.secrets, valueFrom),
            stopTimeout: 30_000,
            ...command,
          },
        ],
        secrets: secretResources(access.secrets),
        platform: platformOf(site, step.image),
      })
      stack.target('jobs', key, {
        kind: 'ecs-task',
        region,
        cluster: site.prefix,
        family: task.family,
        subnets: subnetIds,
        securityGroups: [firewall.id],
        publicAddress,
      })
      break
    }
    case 'batch': {
      const queue = new BatchQueue(stack, `${id}-queue`, {
        name,
        account,
        machines: [step.machine ?? (step.gpu > 0 ? 'g5' : 'optimal')],
        spot: step.spot,
        subnetIds,
        firewall,
      })
      const job = new BatchJob(stack, id, {
        ...common,
        ...command,
        image: site.templateImage(step.image),
        cpu: step.size.cpu,
        memory: step.size.memory,
        gpu: step.gpu,
        nodes: step.nodes,
        timeout: step.timeout,
        retries: step.retries,
        environment: access.environment,
        secrets: mapValues(access.secrets, valueFrom),
      })
      stack.target('jobs', key, { kind: 'batch-job', region, queue: queue.arn, definition: job.name })
      break
    }
    case 'sagemaker': {
      const role = new Role(stack, id, {
        name,
        service: 'sagemaker.amazonaws.com',
        account,
        statements: [
          ...statements,
          { actions: ['ecr:GetAuthorizationToken'], resources: ['*'] },
          {
            actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
            resources: common.repositories,
          },
          {
            actions: [
              'logs:CreateLogGroup',
              'logs:CreateLogStream',
              'logs:DescribeLogStreams',
              'logs:PutLogEvents',
            ],
            resources: [`arn:aws:logs:${region}:${account}:log-group:/aws/sagemaker/TrainingJobs*`],
          },
          {
            actions: ['cloudwatch:PutMetricData'],
            resources: ['*'],
            conditions: { StringEquals: { 'cloudwatch:namespace': '/aws/sagemaker/TrainingJobs' } },
          },
        ],
      })
      stack.target('jobs', key, { kind: 'sagemaker-training', region, role: role.arn })
      break
    }
    case 'ec2': {
      const tags = {
        'sluice:system': system.name,
        'sluice:environment': system.environment.name,
        'sluice:step': key,
      }
      const machine = new GpuWorker(stack, id, {
        name,
        account,
        region,
        gpu: step.gpu,
        disk: 100 * 2 ** 30,
        spot: step.spot,
        tags,
        boot: {
          region,
          lifetime: step.timeout,
          idleStop: step.timeout,
          environment: access.environment,
          secrets: mapValues(access.secrets, ({ arn, key: inner }) => ({
            id: arn,
            ...(inner === undefined ? {} : { key: inner }),
          })),
          work: {
            kind: 'image',
            reference: site.images[step.image] ?? site.templateImage(step.image),
            gpu: step.gpu > 0,
            ...command,
          },
        },
        subnetId: subnetIds[0] ?? '',
        firewall,
        publicAddress,
        statements,
        ...(step.machine === undefined ? {} : { machine: step.machine }),
      })
      stack.target('jobs', key, {
        kind: 'ec2-worker',
        region,
        launchTemplate: machine.launchTemplateId,
        instances: tags,
      })
      break
    }
    default:
      engine satisfies never
  }
  stack.target('logs', key, `cloudwatch:${region}:${logs}`)
}
