import type { ECSClient, Service } from '@aws-sdk/client-ecs'
import { externalError, usageError } from '../../../domain/error.ts'
import type { Targets } from '../../../domain/stacks/targets.ts'
import type { ObjectStore } from '../../ports/objects.ts'
import type { Operations } from '../../ports/operations.ts'
import type { ProviderContext } from '../../provider.ts'
import { type AwsSession, settingsFor } from '../session.ts'
import { callTrouble, codeOf } from '../trouble.ts'
import { type EcsService, ecsServiceOf } from './ecs-service.ts'
import { openPausedRecords } from './paused.ts'
import { openScaling } from './scaling.ts'
import { copiesToResume, planPause, requireRunning, type Seen } from './switch.ts'

interface Parts {
  readonly context: Pick<ProviderContext, 'runtime'>
  readonly session: AwsSession
  readonly targets: () => Promise<Targets>
  readonly objects: Pick<ObjectStore, 'read' | 'write' | 'remove'>
}

export type ServiceSwitches = Pick<Operations, 'pause' | 'resume' | 'restart'> & { close(): void }

/**
 * Pause, resume and restart of services of ECS. Each may be repeated and cut off anywhere: what is remembered is written before
 * anything changes, and removed last. Plans see nothing of it, since they leave the number of copies and the suspension alone.
 */
export function openServiceSwitches({ context, session, targets, objects }: Parts): ServiceSwitches {
  const { clock } = context.runtime
  const { call } = session
  const scaling = openScaling(session)
  let opened: Promise<ECSClient> | undefined
  const sdk = async () => {
    const api = await import('../sdk/ecs.ts')
    opened ??= Promise.resolve(new api.ECSClient(settingsFor(session, 'ECS')))
    return { api, ecs: await opened }
  }
  const records = async () => openPausedRecords(objects, (await targets()).ledger)
  const serviceOf = async (name: string): Promise<EcsService> => ecsServiceOf(await targets(), name)

  const see = async (service: EcsService): Promise<Seen & { readonly found: Service }> => {
    const { api, ecs } = await sdk()
    const query = { cluster: service.cluster, services: [service.service] }
    const what = `looking at service ${service.name}`
    const { services = [], failures = [] } = await ecs
      .send(new api.DescribeServicesCommand(query), call)
      .catch((error: unknown) => {
        throw refused(session, service, what, 'ecs:DescribeServices', error)
      })
    const [found] = services
    if (
      found?.desiredCount === undefined ||
      found.taskDefinition === undefined ||
      found.status !== 'ACTIVE'
    ) {
      throw notThere(service, found?.status ?? failures[0]?.reason ?? 'no answer')
    }
    return { desired: found.desiredCount, taskDefinition: found.taskDefinition, found }
  }

  const update = async (
    service: EcsService,
    what: string,
    change: {
      readonly desiredCount?: number
      readonly forceNewDeployment?: true
      readonly deploymentConfiguration?: Service['deploymentConfiguration']
    },
  ): Promise<void> => {
    const { api, ecs } = await sdk()
    const input = { cluster: service.cluster, service: service.service, ...change }
    await ecs.send(new api.UpdateServiceCommand(input), call).catch((error: unknown) => {
      throw refused(session, service, what, 'ecs:UpdateService', error)
    })
  }

  return {
    pause: async (name) => {
      const service = await serviceOf(name)
      const plan = planPause(await see(service))
      if (plan.remember !== null) {
        const at = new Date(clock.now()).toISOString()
        await (await records()).remember({ service: name, desired: plan.remember, at })
      }
      // First the scaling: it would bring the copies back.
      await scaling.set(service, 'suspended')
      if (plan.stop) await update(service, `pausing service ${name}`, { desiredCount: 0 })
    },

    resume: async (name) => {
      const service = await serviceOf(name)
      const remembered = await (await records()).recall(name)
      const desiredCount = copiesToResume(service, await see(service), remembered)
      if (desiredCount !== null) await update(service, `resuming service ${name}`, { desiredCount })
      await scaling.set(service, 'active')
      await (await records()).forget(name)
    },

    restart: async (name) => {
      const service = await serviceOf(name)
      const seen = await see(service)
      requireRunning(service, seen)
      const { deploymentConfiguration: now } = seen.found
      const hooks = now?.lifecycleHooks ?? []
      await update(service, `restarting service ${name}`, {
        forceNewDeployment: true,
        // A pause of the last rollout would wait for an answer that nobody gives.
        ...(now === undefined || hooks.length === 0
          ? {}
          : { deploymentConfiguration: { ...now, lifecycleHooks: [] } }),
      })
    },

    close: () => {
      scaling.close()
      void opened?.then((ecs) => ecs.destroy())
    },
  }
}

function refused(
  { account }: AwsSession,
  { name, region, cluster, service }: EcsService,
  what: string,
  action: string,
  error: unknown,
): Error {
  const code = codeOf(error)
  if (['ClusterNotFoundException', 'ServiceNotFoundException', 'ServiceNotActiveException'].includes(code)) {
    return notThere({ name, cluster, service }, code, error)
  }
  const place = cluster.slice(cluster.lastIndexOf('/') + 1)
  const resource = `arn:aws:ecs:${region}:${account}:service/${place}/${service}`
  return callTrouble(what, { action, resource }, error)
}

function notThere(
  { name, cluster, service }: Pick<EcsService, 'name' | 'cluster' | 'service'>,
  why: string,
  cause?: unknown,
): Error {
  if (why === 'no answer') {
    return externalError('service', {
      what: `looking at service ${name}: ECS answers without the service that was asked for`,
      remedy: 'run it again',
    })
  }
  return usageError(
    {
      what: `service ${name} is not there: ${service} in cluster ${cluster}: ${why}`,
      rule: 'targets.json names what the last apply made',
      remedy: 'run "sluice plan" and "sluice apply"; see that account and region of sluice.yml are right',
    },
    cause,
  )
}
