import { lacks } from '../../../src/domain/machines/gpu-regions.ts'
import { machinesLike } from '../../../src/domain/machines/machines.ts'
import type { Step } from '../../../src/domain/system/step.ts'
import type { Statement } from '../../core/policy.ts'
import type { SystemStack } from '../../core/system-stack.ts'
import { BatchJob } from '../batch-job.ts'
import { BatchQueue } from '../batch-queue.ts'
import { Logs } from '../container.ts'
import type { Firewall } from '../firewall.ts'
import { GpuWorker } from '../gpu-worker.ts'
import { starterStatements } from '../task-roles.ts'
import { type Access, readBucket, secretResources, valueFrom, writeBucket } from './connect.ts'
import { sagemakerStep } from './sagemaker-step.ts'
import { mapValues } from './services.ts'
import type { Site } from './site.ts'

export interface MachineStep {
  readonly engine: 'batch' | 'sagemaker' | 'ec2'
  readonly id: string
  /** `pipeline.step`. */
  readonly key: string
  readonly step: Step
  readonly firewall: Firewall
  readonly access: Access
  readonly common: {
    readonly name: string
    readonly account: string
    readonly region: string
    readonly logs: string
    readonly statements: readonly Statement[]
    readonly repositories: readonly string[]
  }
  readonly command: { readonly command?: readonly string[] }
}

/** A step that runs on machines of its own. */
export function machineStep(site: Site, stack: SystemStack, of: MachineStep): void {
  const { system, account, region } = site
  const { engine, id, key, step, firewall, access, common, command } = of
  const { name, statements } = common
  const { subnetIds, publicAddress } = site.places
  switch (engine) {
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
    case 'sagemaker':
      sagemakerStep(site, stack, of)
      break
    case 'ec2': {
      const kept = bucketOf(site, step)
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
        // A run asks for spot itself: what a template asks for, no request can take back.
        spot: false,
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
            image: {
              template: site.templateImage(step.image),
              logs: new Logs(stack, `${id}-logs`, { name: common.logs }).group,
            },
            gpu: step.gpu > 0,
            ...command,
          },
        },
        subnetId: subnetIds[0] ?? '',
        firewall,
        publicAddress,
        statements: [
          ...statements,
          ...(kept === undefined
            ? []
            : [...readBucket(kept, CHECKPOINTS), ...writeBucket(kept, CHECKPOINTS)]),
          ...starterStatements({
            region,
            account,
            logs: common.logs,
            repositories: common.repositories,
            secrets: secretResources(access.secrets),
          }),
        ],
        ...(step.machine === undefined ? {} : { machine: step.machine }),
      })
      stack.target('jobs', key, {
        kind: 'ec2-worker',
        region,
        launchTemplate: machine.launchTemplateId,
        instances: tags,
        // A run starts it with user data in which its digest stands for this.
        template: site.templateImage(step.image),
        machines: machinesLike(machine.machine).filter(
          (one) => one === machine.machine || !lacks(region, one),
        ),
        spot: step.spot,
        subnets: subnetIds,
        securityGroups: [firewall.id],
        publicAddress,
        killer: machine.killer,
        ...(kept === undefined ? {} : { checkpoints: `s3://${kept}/${CHECKPOINTS}${key}/` }),
      })
      break
    }
    default:
      engine satisfies never
  }
}

/** Where a bucket keeps what a step on spot capacity can go on from. */
const CHECKPOINTS = '.sluice/checkpoints/'

/** The bucket of the first output that lies in one. */
function bucketOf(site: Site, step: Step): string | undefined {
  const [first] = Object.values(step.outputs).flatMap((place) =>
    place.kind === 'bucket' ? [place.bucket] : [],
  )
  return first === undefined ? undefined : site.name('buckets', first)
}
