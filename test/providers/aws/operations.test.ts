import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling'
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { targetsSchema } from '../../../src/domain/stacks/targets.ts'
import { openAwsOperations } from '../../../src/providers/aws/operations/index.ts'
import { at, members, openQueryApi } from '../../../src/providers/aws/query.ts'
import type { ProviderContext } from '../../../src/providers/provider.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { nodeHttp } from '../../../src/runtime/node/http.ts'
import { errorOf } from '../../images/registry/client.ts'
import { type Moto, startMoto } from '../../real/moto.ts'
import { describeReal } from '../../real.ts'
import { MemoryObjects } from '../../world/objects.ts'
import { fastClock } from './fake-aws.ts'
import { testSession } from './session.ts'

const REGION = 'eu-west-1'
const CLUSTER = 'films-production'

/** The clock is faster than ours, the network is real. */
const runtime = { ...fakeRuntime(), clock: fastClock(200), http: nodeHttp }

describeReal('daily operations on AWS', ['moto'], () => {
  let moto: Moto
  let ecs: ECSClient
  let scaling: ApplicationAutoScalingClient
  const objects = new MemoryObjects()
  const session = () => testSession({ endpoint: moto.url, region: REGION })
  const target = (service: string) => ({
    kind: 'ecs-service' as const,
    region: REGION,
    cluster: CLUSTER,
    service,
    container: service,
    loadBalanced: false,
    template: `${service}-template`,
    scale: { min: 2, max: 5, cpu: 75 },
  })
  const targets = targetsSchema.parse({
    schema: 'sluice.targets/v1',
    system: 'films',
    environment: 'production',
    services: { api: target('films-api'), new: target('films-new'), gone: target('films-gone') },
    workers: {
      faces: {
        kind: 'ec2-worker',
        region: REGION,
        launchTemplate: 'lt-1',
        instances: { 'sluice:system': 'films', 'sluice:worker': 'faces' },
      },
    },
    databases: {
      db: { kind: 'postgres', id: 'films-db', host: 'h', port: 5432, name: 'films', secret: 's' },
    },
    ledger: 'file:///ledger',
  })
  const open = () =>
    openAwsOperations({
      workers: { read: async () => undefined },
      context: { runtime } as unknown as ProviderContext,
      session: session(),
      targets: async () => targets,
      objects,
    })
  const desired = async (service: string): Promise<number | undefined> =>
    (await ecs.send(new DescribeServicesCommand({ cluster: CLUSTER, services: [service] }))).services?.[0]
      ?.desiredCount
  const suspension = async () => {
    const ResourceIds = [`service/${CLUSTER}/films-api`]
    const query = new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs', ResourceIds })
    const { ScalableTargets = [] } = await scaling.send(query)
    const { MinCapacity, MaxCapacity, SuspendedState } = ScalableTargets[0] ?? {}
    return {
      limits: [MinCapacity, MaxCapacity],
      suspended: Object.values(SuspendedState ?? {}).filter((part) => part === true).length,
    }
  }
  const scaleTo = async (desiredCount: number): Promise<void> => {
    await ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: 'films-api', desiredCount }))
  }

  beforeAll(async () => {
    moto = await startMoto()
    ecs = new ECSClient(session().clients)
    scaling = new ApplicationAutoScalingClient(session().clients)
    await ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }))
    for (const [service, family] of [
      ['films-api', 'films-api_releases'],
      ['films-new', 'films-new-template'],
    ] as const) {
      const containerDefinitions = [{ name: service, image: 'i', memory: 128 }]
      await ecs.send(new RegisterTaskDefinitionCommand({ family, containerDefinitions }))
      await ecs.send(
        new CreateServiceCommand({
          cluster: CLUSTER,
          serviceName: service,
          taskDefinition: family,
          desiredCount: service === 'films-api' ? 3 : 0,
        }),
      )
    }
    await scaling.send(
      new RegisterScalableTargetCommand({
        ServiceNamespace: 'ecs',
        ScalableDimension: 'ecs:service:DesiredCount',
        ResourceId: `service/${CLUSTER}/films-api`,
        MinCapacity: 2,
        MaxCapacity: 5,
      }),
    )
  })
  afterAll(async () => {
    ecs.destroy()
    scaling.destroy()
    await moto[Symbol.asyncDispose]()
  })

  test('R22 pausing takes copies and scaling, leaves the limits that plans own, and resuming gives back what was there', async () => {
    const operations = open()
    await operations.pause('api')
    expect(await desired('films-api')).toBe(0)
    expect(await suspension()).toEqual({ limits: [2, 5], suspended: 3 })
    // Whoever pauses again, here from another machine, does not forget the three copies.
    await open().pause('api')
    await open().resume('api')
    expect(await desired('films-api')).toBe(3)
    expect(await suspension()).toEqual({ limits: [2, 5], suspended: 0 })
    await operations.resume('api')
    expect(await desired('films-api')).toBe(3)
    operations.close()
  })

  test('a pause of later goes by the copies of later, not by what an interrupted resume left', async () => {
    await open().pause('api')
    // As if the resume had been cut off before it forgot.
    await scaleTo(5)
    await open().pause('api')
    await open().resume('api')
    expect(await desired('films-api')).toBe(5)
    await scaleTo(3)
  })

  test.each([
    ['nothing is remembered', undefined],
    ['what is remembered is damaged', '{"schema":'],
  ])('where %s, resuming gives the fewest copies that sluice.yml says', async (_, content) => {
    await open().pause('api')
    const uri = 'file:///ledger/paused/api.json'
    await objects.remove(uri)
    if (content !== undefined) await objects.write(uri, Buffer.from(content))
    await open().resume('api')
    expect(await desired('films-api')).toBe(2)
    await scaleTo(3)
  })

  test('what no release ever ran does not resume, and what does not run does not restart', async () => {
    const resumed = await errorOf(open().resume('new'))
    expect(resumed).toMatchObject({
      outcome: 'refused',
      message: expect.stringContaining('has no release yet'),
    })
    expect(await desired('films-new')).toBe(0)
    const restarted = await errorOf(open().restart('new'))
    expect(restarted).toMatchObject({
      outcome: 'refused',
      message: expect.stringContaining('only what runs'),
    })
  })

  test.each(['pause', 'resume', 'restart'] as const)(
    '%s of a service that is not there names it and the cluster',
    async (verb) => {
      const error = await errorOf(open()[verb]('gone'))
      expect(error).toMatchObject({ outcome: 'usage', whose: 'user' })
      expect(error.message).toContain(`service gone is not there: films-gone in cluster ${CLUSTER}`)
      expect(await errorOf(open()[verb]('unknown'))).toMatchObject({ outcome: 'usage' })
    },
  )

  test('the whole system stops its database and machines, and they come back', async () => {
    const api = openQueryApi(session(), runtime)
    const ask = (service: 'rds' | 'ec2', action: string, parameters: Record<string, string>) =>
      api.ask({ service, region: REGION, action, parameters, what: action, resource: '*' })
    await ask('rds', 'CreateDBInstance', {
      DBInstanceIdentifier: 'films-db',
      DBInstanceClass: 'db.t4g.micro',
      Engine: 'postgres',
      AllocatedStorage: '20',
    })
    const run = (worker: string) =>
      ask('ec2', 'RunInstances', {
        ImageId: 'ami-12c6146b',
        MinCount: '1',
        MaxCount: '1',
        'TagSpecification.1.ResourceType': 'instance',
        'TagSpecification.1.Tag.1.Key': 'sluice:system',
        'TagSpecification.1.Tag.1.Value': 'films',
        'TagSpecification.1.Tag.2.Key': 'sluice:worker',
        'TagSpecification.1.Tag.2.Value': worker,
      })
    const [ours] = members(at(await run('faces'), 'instancesSet', 'item'))
    const [theirs] = members(at(await run('other'), 'instancesSet', 'item'))
    const id = String(at(ours, 'instanceId'))
    const states = async (): Promise<Record<string, unknown>> => {
      const answer = await ask('ec2', 'DescribeInstances', {})
      const all = members(at(answer, 'reservationSet', 'item')).flatMap((reservation) =>
        members(at(reservation, 'instancesSet', 'item')),
      )
      return Object.fromEntries(all.map((one) => [at(one, 'instanceId'), at(one, 'instanceState', 'name')]))
    }
    const { rest } = open()
    expect(await rest?.pause()).toEqual([`faces ${id} stopped`, 'db stopping'])
    expect(await states()).toEqual({ [id]: 'stopped', [String(at(theirs, 'instanceId'))]: 'running' })
    expect(await rest?.pause()).toEqual([])
    expect(await rest?.resume()).toEqual(['db started', `faces ${id} started`])
    expect((await states())[id]).toBe('running')
    expect(await rest?.resume()).toEqual([])
  })

  test('a database that is gone is named', async () => {
    const api = openQueryApi(session(), runtime)
    const parameters = { DBInstanceIdentifier: 'films-db', SkipFinalSnapshot: 'true' }
    await api.ask({
      service: 'rds',
      region: REGION,
      action: 'DeleteDBInstance',
      parameters,
      what: 'x',
      resource: '*',
    })
    const error = await errorOf(open().rest?.pause() ?? Promise.resolve())
    expect(error.message).toContain('database db is not there: RDS knows no films-db')
  })
})
