import { usageError } from '../../../src/domain/error.ts'
import { gpusOf, smallestMachine } from '../../../src/domain/machines/gcp-machines.ts'
import type { Step } from '../../../src/domain/system/step.ts'
import type { Site } from './site.ts'
import { type StepOf, stepAccess } from './step-access.ts'

const DISK_GIB = 100

/** A step that runs as a custom job of Vertex AI: its account stands here, the job is made by a run. */
export function vertexStep(site: Site, of: StepOf): void {
  const { project, location } = site
  const { key, step, account } = of
  const stack = site.stack('compute')
  const access = stepAccess(site, of, 'machine')
  const environment = {
    ...access.environment,
    // Vertex AI hands over no secrets: `X` becomes `X_SECRET`, the name under which the program reads it.
    ...Object.fromEntries(
      Object.entries(access.secrets).map(([variable, { secret }]) => [`${variable}_SECRET`, secret]),
    ),
  }
  stack.target('jobs', key, {
    kind: 'vertex-job',
    project,
    location,
    serviceAccount: account.email,
    template: customJob(step, site.templateImage(step.image), account.email, environment),
  })
  // The id of the job is the run's; https://cloud.google.com/vertex-ai/docs/general/monitor-logs
  stack.target('logs', key, `logging:${project}:resource.type="ml_job"`)
}

/** `CustomJobSpec`: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/CustomJobSpec */
function customJob(
  step: Step,
  imageUri: string,
  serviceAccount: string,
  environment: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const machineType = step.machine ?? smallestMachine(step.gpu, step.size.cpu)
  if (machineType === undefined) {
    throw usageError({
      what: `step ${step.name} asks for ${step.gpu} GPUs and ${step.size.cpu} vCPU`,
      rule: 'no machine of Google Cloud has so many',
      remedy: `write the machine of step ${step.name}, such as g2-standard-24`,
    })
  }
  const gpus = gpusOf(machineType)
  const pool = (replicaCount: number) => ({
    machineSpec: {
      machineType,
      ...(gpus === undefined ? {} : { acceleratorType: gpus.accelerator, acceleratorCount: gpus.count }),
    },
    replicaCount,
    diskSpec: { bootDiskType: 'pd-ssd', bootDiskSizeGb: DISK_GIB },
    containerSpec: {
      imageUri,
      ...(step.command === undefined ? {} : { command: [...step.command] }),
      env: Object.entries(environment)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => ({ name, value })),
    },
  })
  return {
    // The first pool is the one chief, the second its workers.
    workerPoolSpecs: step.nodes === 1 ? [pool(1)] : [pool(1), pool(step.nodes - 1)],
    scheduling: {
      timeout: `${Math.round(step.timeout / 1000)}s`,
      strategy: step.spot ? 'SPOT' : 'ON_DEMAND',
    },
    serviceAccount,
  }
}
