import type { Engine, Pipeline, Step } from '../../../src/domain/system/step.ts'
import { CloudRunJob } from '../cloud-run-job.ts'
import { jobTemplate } from '../run-template.ts'
import { ServiceAccount } from '../service-account.ts'
import { logsOf, runTemplate } from './services.ts'
import type { Site } from './site.ts'
import { type StepOf, stepAccess } from './step-access.ts'

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
