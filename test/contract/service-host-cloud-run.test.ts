import { digestOf } from '../../src/domain/digest.ts'
import { aService, runWorld, SERVICE } from '../providers/gcp/run-world.ts'
import { BASE } from '../world/cloud-world/http/run/door.ts'
import type { RunProgram } from '../world/cloud-world/http/run/programs.ts'
import {
  type OperatedHost,
  operationsContract,
  probedHostContract,
  serviceHostContract,
} from './service-host.ts'

serviceHostContract('Cloud Run', open)
probedHostContract('Cloud Run', open)
operationsContract('Cloud Run', open)

async function open(): Promise<OperatedHost> {
  const cloud = runWorld()
  const { provider, runtime, world } = cloud
  return {
    services: provider.services,
    operations: provider.operations,
    image: async (behaviour, version) =>
      cloud.image(`${behaviour} ${version}`, programOf(behaviour, version)),
    service: aService,
    request: async () => {
      // Users take time, or nothing else would ever have its turn.
      await world.clock.sleep(20)
      const { status, text } = await runtime.http.request({ url: `${BASE}/at/${SERVICE}/`, timeout: 1000 })
      return { status, body: await text() }
    },
    pause: () => world.clock.sleep(250),
    close: () => provider.close(),
  }
}

function programOf(behaviour: 'good' | 'sick' | 'wrong-model' | 'exits', version: string): RunProgram {
  const base = { body: version, says: [`version ${version} ${behaviour}`] }
  switch (behaviour) {
    case 'good':
      return base
    case 'sick':
      return { ...base, health: 500 }
    case 'exits':
      return { exits: 3, complains: ['no configuration found'] }
    case 'wrong-model':
      return { ...base, loads: [{ name: 'sentiment', version: '6', digest: digestOf('other weights') }] }
    default:
      return behaviour satisfies never
  }
}
