import type { ApplicationAutoScalingClient, ScalableTarget } from '@aws-sdk/client-application-auto-scaling'
import { type AwsSession, settingsFor } from '../session.ts'
import { callTrouble } from '../trouble.ts'
import { clusterName, type EcsService } from './ecs-service.ts'

export interface Scaling {
  /** Nothing where the service does not scale by itself. */
  set(service: EcsService, state: 'suspended' | 'active'): Promise<void>
  close(): void
}

const ECS = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' } as const

/**
 * Application Auto Scaling of services: suspended, it changes no number of copies; its limits and policies stay as they are.
 *
 * @see https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-suspend-resume-scaling.html
 */
export function openScaling(session: AwsSession): Scaling {
  const { call, account } = session
  const clients = new Map<string, ApplicationAutoScalingClient>()
  const open = async (region: string) => {
    const api = await import('../sdk/scaling.ts')
    const settings = { ...settingsFor(session, 'APPLICATION_AUTO_SCALING'), region }
    const client = clients.get(region) ?? new api.ApplicationAutoScalingClient(settings)
    clients.set(region, client)
    return { api, client }
  }
  const ask = async <T>(service: EcsService, action: string, send: () => Promise<T>): Promise<T> => {
    try {
      return await send()
    } catch (error) {
      const resource = `arn:aws:application-autoscaling:${service.region}:${account}:scalable-target/*`
      throw callTrouble(`suspending the scaling of service ${service.name}`, { action, resource }, error)
    }
  }
  return {
    set: async (service, state) => {
      if (!service.scales) return
      const { api, client } = await open(service.region)
      const id = `service/${clusterName(service.cluster)}/${service.service}`
      const { ScalableTargets = [] } = await ask(
        service,
        'application-autoscaling:DescribeScalableTargets',
        () => client.send(new api.DescribeScalableTargetsCommand({ ...ECS, ResourceIds: [id] }), call),
      )
      const target = ScalableTargets.find(({ ResourceId }) => ResourceId === id)
      if (target === undefined || isSuspended(target) === (state === 'suspended')) return
      const all = state === 'suspended'
      const SuspendedState = {
        DynamicScalingInSuspended: all,
        DynamicScalingOutSuspended: all,
        ScheduledScalingSuspended: all,
      }
      await ask(service, 'application-autoscaling:RegisterScalableTarget', () =>
        client.send(new api.RegisterScalableTargetCommand({ ...ECS, ResourceId: id, SuspendedState }), call),
      )
    },
    close: () => {
      for (const client of clients.values()) client.destroy()
    },
  }
}

/** Half of it counts as not done, whichever way it is to go. */
function isSuspended({ SuspendedState: state = {} }: ScalableTarget): boolean | undefined {
  const parts = [
    state.DynamicScalingInSuspended === true,
    state.DynamicScalingOutSuspended === true,
    state.ScheduledScalingSuspended === true,
  ]
  if (parts.every((part) => part)) return true
  return parts.some((part) => part) ? undefined : false
}
