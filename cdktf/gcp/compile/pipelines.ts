import type { Engine, Pipeline, Step } from '../../../src/domain/step.ts'
import { CloudRunJob } from '../cloud-run-job.ts'
import { jobTemplate } from '../run-template.ts'
import { ServiceAccount } from '../service-account.ts'
import { type Access, connect, permit } from './connect.ts'
import { logsOf, runTemplate } from './services.ts'
import type { Site } from './site.ts'

/** Every step is a template that a run starts: its key in targets.json is `pipeline.step`. */
export async function pipelines(site: Site): Promise<void> {
  for (const pipeline of Object.values(site.system.pipelines)) {
    for (const step of Object.values(pipeline.steps)) await make(site, pipeline, step)
  }
}

/** Where a step runs that does not say: containers on Cloud Run, those with GPUs or several machines on Vertex AI. */
export function engineOf(step: Step): Extract<Engine, 'cloud-run' | 'vertex'> {
  const { engine } = step
  if (engine === 'cloud-run' || engine === 'vertex') return engine
  return step.gpu === 0 && step.nodes === 1 ? 'cloud-run' : 'vertex'
}

async function make(site: Site, pipeline: Pipeline, step: Step): Promise<void> {
  const key = `${pipeline.name}.${step.name}`
  const id = `step-${pipeline.name}-${step.name}`
  const stack = site.stack('compute')
  const name = site.stepName(pipeline.name, step.name)
  const account = new ServiceAccount(stack, `${id}-account`, {
    name,
    description: `Step ${key} of ${site.prefix}`,
  })
  site.accounts.set(key, account)
  const engine = engineOf(step)
  switch (engine) {
    case 'cloud-run': {
      const job = new CloudRunJob(stack, id, { name, location: site.location, account: account.email })
      site.later(() => describe(site, { key, id, step, account, name, job: job.name }))
      return
    }
    case 'vertex': {
      const { vertexStep } = await import('./vertex-step.ts')
      site.later(() => vertexStep(site, { key, id, step, account }))
      return
    }
    default:
      engine satisfies never
  }
}

export interface StepOf {
  /** `pipeline.step`. */
  readonly key: string
  /** Id of its construct, and the beginning of those of its permissions. */
  readonly id: string
  readonly step: Step
  readonly account: ServiceAccount
}

function describe(site: Site, of: StepOf & { readonly name: string; readonly job: string }): void {
  const { project, location } = site
  const { key, step, account } = of
  const stack = site.stack('compute')
  const access = stepAccess(site, of, 'cloud-run')
  const container = {
    name: 'step',
    image: site.templateImage(step.image),
    environment: access.environment,
    secrets: access.secrets,
    size: step.size,
    gpu: step.gpu,
    ...(step.command === undefined ? {} : { command: step.command }),
  }
  stack.target('jobs', key, {
    kind: 'cloud-run-job',
    project,
    location,
    name: of.job,
    template: jobTemplate(runTemplate(site, access, account, [container]), step),
  })
  stack.target('logs', key, logsOf(site, 'cloud_run_job', 'job_name', of.name))
}

/** What a step may reach and is told: its places in buckets, and what it connects. */
export function stepAccess(site: Site, of: StepOf, runs: 'cloud-run' | 'machine'): Access {
  const { id, step, account } = of
  places(site, of)
  return connect(site, site.stack('compute'), { ...step, name: id, pipeline: pipelineOf(of), account, runs })
}

/** The pipeline of a key. */
function pipelineOf({ key, step }: Pick<StepOf, 'key' | 'step'>): string {
  return key.slice(0, -step.name.length - 1)
}

/** A step reads its inputs and writes its outputs, and no other part of a bucket. */
function places(site: Site, { id, step, account }: StepOf): void {
  const stack = site.stack('compute')
  const given = new Set<string>()
  const allow = (may: 'read' | 'write', all: Step['inputs']): void => {
    for (const [name, place] of Object.entries(all)) {
      if (place.kind !== 'bucket') continue
      const bucket = site.name('buckets', place.bucket)
      const prefix = place.path
      // The same part twice is one permission.
      const same = `${may} ${bucket}/${prefix}`
      if (given.has(same)) continue
      given.add(same)
      permit(stack, { name: id, account }, `${may}s-${name}`, { on: 'bucket', bucket, may, prefix })
      site.after(stack, place.bucket)
    }
  }
  allow('write', step.outputs)
  allow('read', step.inputs)
}
