import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { digestOf, imageReference } from '../../../../src/domain/digest.ts'
import { serviceHostContract } from '../../../contract/service-host.ts'
import { service } from '../../../world/cloud.ts'
import type { TaskBehaviour } from '../../../world/cloud-world/http/ecs/behaviour.ts'
import { ecsShop, openEcsWorld } from '../../../world/ecs-world.ts'

const BEHAVIOURS: Readonly<Record<string, TaskBehaviour>> = {
  good: { startsIn: 10_000 },
  sick: { answers: 500 },
  exits: { startsIn: 2_000, fails: { exitCode: 3, reason: '' } },
}

serviceHostContract('ECS', async () => {
  const made = new Map<string, { behaviour: string; version: string }>()
  const system = ecsShop({
    services: { api: service('api') },
    rollout: { ...ecsShop().rollout, steps: [50, 100] },
  })
  const world = await openEcsWorld({
    system,
    behaviour: (image) => BEHAVIOURS[made.get(image)?.behaviour ?? 'good'] ?? {},
  })
  // What the containers wrote: CloudWatch Logs answers nothing else here.
  const logs = { send: async () => ({ events: [{ message: 'no configuration found\n' }] }) }
  const services = world.services(undefined, undefined, logs as unknown as CloudWatchLogsClient)
  let asked = 0
  return {
    services,
    image: async (behaviour, version) => {
      const reference = imageReference('repository/api', digestOf(`${behaviour} ${version}`))
      made.set(reference, { behaviour, version })
      return reference
    },
    service: (changes) => service('api', changes),
    request: async () => {
      const shares = Object.entries(world.door.api.service('shop-test-api').copies.traffic())
      const slots = shares.flatMap(([id, weight]) => Array<string>(weight).fill(id))
      const hit = slots[(asked++ * 37) % 100]
      const known = hit === undefined ? undefined : made.get(world.imageOf(hit))
      return known === undefined ? { status: 503, body: '' } : { status: 200, body: known.version }
    },
    pause: () => world.loopback.sleep(5_000),
    close: () => world[Symbol.asyncDispose](),
  }
})
