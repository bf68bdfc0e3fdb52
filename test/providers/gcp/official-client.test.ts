import { JobsClient, protos, RevisionsClient, ServicesClient, WorkerPoolsClient } from '@google-cloud/run'
import { OAuth2Client } from 'google-auth-library'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOf } from '../../../src/domain/digest.ts'
import type { HttpRequest } from '../../../src/runtime/runtime.ts'
import type { HttpDoor } from '../../world/cloud-world/http/sts.ts'
import { aService, POOL, type RunWorld, runWorld, SERVICE } from './run-world.ts'

const { v2 } = protos.google.cloud.run

let world: RunWorld
let served: HttpDoor
beforeEach(async () => {
  world = runWorld()
  served = await world.door.serve()
})
afterEach(() => served[Symbol.asyncDispose]())

type ClientOptions = NonNullable<ConstructorParameters<typeof ServicesClient>[0]>

/** As Google's own library is told to use another address. */
function options(): ClientOptions {
  const login = new OAuth2Client()
  login.setCredentials({ access_token: 'token' })
  const { port } = new URL(served.url)
  // The client has types of its own copy of the same library.
  const authClient = login as unknown as NonNullable<ClientOptions['authClient']>
  return { apiEndpoint: '127.0.0.1', port: Number(port), protocol: 'http', fallback: true, authClient }
}

const deploy = async (version: string): Promise<string> => {
  const { provider, image } = world
  const spec = {
    service: aService(),
    image: image(version, { body: version }),
    models: [{ name: 'sentiment', version: '7', digest: digestOf('weights') }],
    release: digestOf(version),
  }
  return provider.services.stage(spec)
}

test('Google’s own client reads the services and revisions of the simulated cloud', async () => {
  const id = await deploy('1')
  world.world.clock.advance(60_000)
  const services = new ServicesClient(options())
  const [service] = await services.getService({ name: SERVICE })
  expect(service).toMatchObject({ name: SERVICE, annotations: { 'sluice-next': id } })
  expect(service.trafficStatuses?.map(({ revision, tag, percent }) => [revision, tag, percent])).toEqual([
    ['films-test-api-00001-aaa', '', 100],
    [id, 'next', 0],
  ])
  expect(service.terminalCondition?.state).toBe('CONDITION_SUCCEEDED')
  const revisions = new RevisionsClient(options())
  const [revision] = await revisions.getRevision({ name: `${SERVICE}/revisions/${id}` })
  expect(revision.containers?.[0]?.image).toContain('@sha256:')
  expect(revision.conditions?.map(({ type, state }) => [type, state])).toEqual([
    ['Ready', 'CONDITION_SUCCEEDED'],
  ])
  await services.close()
  await revisions.close()
})

test('Google’s own client moves traffic there, its operation ends, and an old etag is refused', async () => {
  const id = await deploy('1')
  world.world.clock.advance(60_000)
  const client = new ServicesClient(options())
  const [before] = await client.getService({ name: SERVICE })
  const type = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION' as const
  const traffic = [{ type, revision: id, percent: 100 }]
  const update = {
    service: { name: SERVICE, etag: before.etag ?? '', traffic },
    updateMask: { paths: ['traffic'] },
  }
  const [operation] = await client.updateService(update)
  world.world.clock.advance(60_000)
  const [after] = await operation.promise()
  expect(after.trafficStatuses?.map(({ revision, percent }) => [revision, percent])).toEqual([[id, 100]])
  await expect(client.updateService(update)).rejects.toThrow('Conflict for resource')
  await client.close()
})

test('Google’s own client sees how an execution ended', async () => {
  const job = 'projects/films-1/locations/europe-west1/jobs/films-test-fit-train'
  world.world.store.put({ provider: 'google', type: 'google_cloud_run_v2_job', key: job, attributes: {} })
  const client = new JobsClient(options())
  const [operation] = await client.runJob({ name: job })
  world.world.clock.advance(60_000)
  const [execution] = await operation.promise()
  expect(execution).toMatchObject({ succeededCount: 1, runningCount: 0 })
  await client.close()
})

test('every field that a rollout sends is one of the published API', async () => {
  const sent: HttpRequest[] = []
  const { http } = world.runtime
  Object.assign(world.runtime, {
    http: {
      request: (request: HttpRequest) => {
        sent.push(request)
        return http.request(request)
      },
    },
  })
  const { services, operations } = world.open()
  const spec = { service: aService(), image: world.image('2', {}), models: [], release: digestOf('2') }
  const id = await services.stage(spec)
  world.world.clock.advance(60_000)
  await services.shift('api', id, 100)
  await services.settle('api', id)
  await operations.pause('api')
  await operations.resume('api')
  const { port: _port, health: _health, ...queue } = aService({ name: 'queue' })
  await services.stage({ ...spec, service: queue })
  const patches = sent.filter(({ method }) => method === 'PATCH')
  expect(patches).toHaveLength(6)
  for (const { url, body } of patches) {
    const json = JSON.parse(String(body)) as Record<string, unknown>
    const known = url.includes(POOL)
      ? v2.WorkerPool.toObject(v2.WorkerPool.fromObject(json), { enums: String })
      : v2.Service.toObject(v2.Service.fromObject(json), { enums: String })
    // What the published types do not have would be lost on this way.
    expect(known).toMatchObject(json)
  }
})

test('Google’s own client reads the worker pools of the simulated cloud, and the digest that they run', async () => {
  const { port: _port, health: _health, ...queue } = aService({ name: 'queue' })
  const image = world.image('1', {})
  const id = await world.provider.services.stage({
    service: queue,
    image,
    models: [],
    release: digestOf('1'),
  })
  world.world.clock.advance(60_000)
  await world.provider.services.shift('queue', id, 100)
  world.world.clock.advance(60_000)
  const pools = new WorkerPoolsClient(options())
  const [pool] = await pools.getWorkerPool({ name: POOL })
  expect(pool.instanceSplitStatuses?.map(({ revision, percent }) => [revision, percent])).toEqual([[id, 100]])
  expect(pool.template?.containers?.[0]?.image).toBe(image)
  await pools.close()
})

test('Google’s own client is refused by the codes of the specification, and lists what is there', async () => {
  const id = await deploy('1')
  world.world.clock.advance(60_000)
  const services = new ServicesClient(options())
  const revisions = new RevisionsClient(options())
  // google.rpc.Code: NOT_FOUND is 5, PERMISSION_DENIED 7.
  await expect(services.getService({ name: `${SERVICE}-gone` })).rejects.toMatchObject({ code: 5 })
  await expect(revisions.getRevision({ name: `${SERVICE}/revisions/gone` })).rejects.toMatchObject({
    code: 5,
  })
  const [all] = await revisions.listRevisions({ parent: SERVICE })
  expect(all.map(({ name }) => name?.split('/').at(-1))).toContain(id)
  world.world.faults.plan = () => ({ kind: 'refuse', code: 'PERMISSION_DENIED', message: 'run.services.get' })
  await expect(services.getService({ name: SERVICE })).rejects.toMatchObject({ code: 7 })
  await services.close()
  await revisions.close()
})
