import {
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { expect, test } from 'vitest'
import { ec2Client, ec2Handler, TARGET } from '../../../world/cloud-world/http/ec2/client.ts'
import { ec2World } from './world.ts'

const settings = (handler: object) => ({
  region: 'us-east-1',
  endpoint: 'http://ec2.world',
  maxAttempts: 1,
  credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'canary' },
  requestHandler: handler as never,
})

test('the door of EC2 is understood by the official client: launch, token, tags, spot, state and refusals', async () => {
  const world = await ec2World({
    refuses: (place) => (place.type === 'p5.48xlarge' ? 'InsufficientInstanceCapacity' : undefined),
  })
  const client = new EC2Client({
    ...settings(ec2Handler(world)),
    systemClockOffset: world.clock.now() - Date.now(),
  })
  const order = {
    LaunchTemplate: { LaunchTemplateId: TARGET.launchTemplate },
    ClientToken: 'token-1',
    InstanceType: 'g5.xlarge' as const,
    MinCount: 1,
    MaxCount: 1,
    InstanceMarketOptions: { MarketType: 'spot' as const },
    TagSpecifications: [
      { ResourceType: 'instance' as const, Tags: [{ Key: 'sluice:job', Value: 'a & <b>' }] },
    ],
  }
  const first = await client.send(new RunInstancesCommand(order))
  const again = await client.send(new RunInstancesCommand(order))
  const InstanceId = first.Instances?.[0]?.InstanceId ?? ''
  expect(again.Instances?.[0]?.InstanceId).toBe(InstanceId)
  await expect(
    client.send(new RunInstancesCommand({ ...order, InstanceType: 'g6.xlarge' })),
  ).rejects.toMatchObject({
    name: 'IdempotentParameterMismatch',
  })
  await expect(
    client.send(new RunInstancesCommand({ ...order, ClientToken: 'token-2', InstanceType: 'p5.48xlarge' })),
  ).rejects.toMatchObject({ name: 'InsufficientInstanceCapacity', $metadata: { httpStatusCode: 500 } })
  const Filters = [{ Name: 'tag:sluice:job', Values: ['a & <b>'] }]
  const found = await client.send(new DescribeInstancesCommand({ Filters }))
  expect(found.Reservations?.[0]?.Instances?.[0]).toMatchObject({
    InstanceId,
    InstanceLifecycle: 'spot',
    LaunchTime: new Date(world.clock.now()),
    State: { Name: 'pending' },
  })
  await client.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }))
  const after = await client.send(new DescribeInstancesCommand({ Filters }))
  expect(after.Reservations?.[0]?.Instances?.[0]).toMatchObject({
    State: { Name: 'shutting-down' },
    StateReason: { Code: 'Client.UserInitiatedShutdown' },
  })
  expect(world.running).toEqual([])
})

test('the door of EventBridge Scheduler refuses what is over, and a second schedule of a name', async () => {
  const world = await ec2World()
  const { session } = ec2Client(world)
  const client = new SchedulerClient(settings(session.clients.requestHandler))
  const schedule = (EndDate: Date) =>
    new CreateScheduleCommand({
      Name: 'films-killer',
      ScheduleExpression: 'rate(1 minute)',
      EndDate,
      ActionAfterCompletion: 'DELETE',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: 'arn:killer', RoleArn: 'arn:starter' },
    })
  await expect(client.send(schedule(new Date(world.clock.now() - 1000)))).rejects.toMatchObject({
    name: 'ValidationException',
  })
  await client.send(schedule(new Date(world.clock.now() + 150_000)))
  await expect(client.send(schedule(new Date(world.clock.now() + 60_000)))).rejects.toMatchObject({
    name: 'ConflictException',
  })
  await world.until(world.clock.now() + 240_000)
  expect(world.schedules.size).toBe(0)
})
