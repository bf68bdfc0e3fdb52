import type { Engine, Pipeline, Step } from '../../../src/domain/system/step.ts'
import type { Statement } from '../../core/policy.ts'
import { allowAmong } from '../firewall.ts'
import { connect, readBucket, writeBucket } from './connect.ts'
import { repositories } from './services.ts'
import type { Site } from './site.ts'

/** Every step is a template that a run starts: its key in targets.json is `pipeline.step`. */
export async function pipelines(site: Site): Promise<void> {
  for (const pipeline of Object.values(site.system.pipelines)) {
    for (const step of Object.values(pipeline.steps)) await make(site, pipeline, step)
  }
  if (site.capacity.length > 0) (await import('./capacity.ts')).capacity(site)
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
    place.kind === 'bucket' ? readBucket(site.name('buckets', place.bucket), place.path) : [],
  )
  const write = Object.values(step.outputs).flatMap((place) => {
    if (place.kind !== 'bucket') return []
    const bucket = site.name('buckets', place.bucket)
    return [...readBucket(bucket, place.path), ...writeBucket(bucket, place.path)]
  })
  return unique([...read, ...write])
}

function unique(statements: readonly Statement[]): Statement[] {
  return [...new Map(statements.map((statement) => [JSON.stringify(statement), statement])).values()]
}

async function make(site: Site, pipeline: Pipeline, step: Step): Promise<void> {
  const { account, region } = site
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
  const logs = `/pipelines/${site.logFolder}/${pipeline.name}/${step.name}`
  const common = {
    name,
    account,
    region,
    logs,
    statements,
    repositories: repositories(site, [step]),
  }
  // Nodes of a job speak to each other on ports of their framework's choice.
  if (step.nodes > 1) allowAmong(stack, `${id}-nodes`, firewall, `Nodes of ${key}`)
  const command = step.command === undefined ? {} : { command: step.command }
  const engine = engineOf(step)
  switch (engine) {
    case 'ecs': {
      const { taskStep } = await import('./task-step.ts')
      taskStep(site, stack, { id, key, step, firewall, access, common, command })
      break
    }
    case 'batch':
    case 'sagemaker':
    case 'ec2': {
      const { machineStep } = await import('./machine-step.ts')
      machineStep(site, stack, { engine, id, key, step, firewall, access, common, command })
      break
    }
    default:
      engine satisfies never
  }
  // SageMaker writes the output of all jobs of an account to one group.
  const group = engine === 'sagemaker' ? '/aws/sagemaker/TrainingJobs' : logs
  stack.target('logs', key, `cloudwatch:${region}:${group}`)
}
