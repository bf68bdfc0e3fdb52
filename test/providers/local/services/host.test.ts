import { mkdtemp, rm } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { LocalServices } from '../../../../src/providers/local/services/host.ts'
import { readLog } from '../../../../src/providers/local/services/log-file.ts'
import { nodeRuntime } from '../../../../src/runtime/node/index.ts'
import {
  type OperatedHost,
  operationsContract,
  probedHostContract,
  serviceHostContract,
} from '../../../contract/service-host.ts'
import { testContainers, testImage, testService } from './containers.ts'

const open = async (): Promise<OperatedHost> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-host-'))
  const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }, folder)
  const services = await LocalServices.open({
    runtime,
    folder,
    services: [testService()],
    containers: testContainers,
    endpoints: () => [],
  })
  return {
    services,
    operations: {
      logs: (service, query) => readLog(join(folder, 'logs', service), query, runtime.clock),
      pause: (service) => services.pause(service),
      resume: (service) => services.resume(service),
      restart: (service) => services.restart(service),
    },
    image: async (behaviour, version) => testImage(behaviour, version),
    service: testService,
    request: async (service) => {
      const { url } = await services.describe(service)
      return ask(`${url}/`)
    },
    pause: () => wait(20),
    close: async () => {
      await services.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

serviceHostContract('cloud local', open)
probedHostContract('cloud local', open)
operationsContract('cloud local', open)

function ask(url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { agent: false }, (incoming) => {
      text(incoming).then((body) => resolve({ status: incoming.statusCode ?? 0, body }), reject)
    })
      .once('error', reject)
      .end()
  })
}
