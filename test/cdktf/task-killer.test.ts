import { expect, test } from 'vitest'
import type { Stack } from '../../src/domain/stacks/synthesizer.ts'
import { TaskWorld } from '../world/cloud-world/http/ecs-tasks/world.ts'
import { ofType, one, stacks } from './stack.ts'
import { targetsOf } from './targets.ts'

const HOUR = 3_600_000
const step = (what: string): string =>
  `pipelines: { p: { steps: { train: { image: app, engine: ecs, timeout: 2h${what} } } } }`

const world = async (page = 100): Promise<TaskWorld> =>
  new TaskWorld({ killer: String(one(await stacks(step('')), 'aws_sfn_state_machine')['definition']), page })

const trainOf = (all: readonly Stack[]) =>
  targetsOf(all).jobs['p.train'] as { readonly killer?: unknown; readonly machines?: unknown }

/** Starts a task with these tags. */
const start = (to: TaskWorld, token: string, tags: Readonly<Record<string, string>>) =>
  to.run({
    cluster: 'films-test',
    clientToken: token,
    startedBy: token,
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  })

test('R32 the killer stops tasks past their lifetime, on every page, and no other', async () => {
  const cloud = await world(2)
  const long = start(cloud, 'a', { 'sluice:lifetime': String(3 * HOUR) })
  start(cloud, 'b', { 'sluice:lifetime': String(HOUR) })
  start(cloud, 'c', { 'sluice:lifetime': String(HOUR) })
  // A copy of a service.
  const copy = start(cloud, 'd', {})
  start(cloud, 'e', { 'sluice:lifetime': String(HOUR) })
  await cloud.until(cloud.clock.now() + HOUR)
  await cloud.kill()
  expect(cloud.running).toHaveLength(5)
  await cloud.until(cloud.clock.now() + 60_000)
  // Pages are of those that run, so one may take several minutes.
  for (let minute = 0; minute < 3; minute++) await cloud.kill()
  expect(cloud.running).toEqual([long, copy])
})

test('R32 the killer of a run looks for the tasks of its job alone', async () => {
  const cloud = await world()
  const other = start(cloud, 'other', { 'sluice:lifetime': '1000' })
  start(cloud, 'own', { 'sluice:lifetime': '1000' })
  await cloud.until(cloud.clock.now() + 60_000)
  await cloud.kill('{"job":"own"}')
  expect(cloud.running).toEqual([other])
})

test('R32 the killer may stop tasks of this cluster with our tags and a lifetime, and nothing else', async () => {
  const all = await stacks(step(''))
  const { policy } = one(all, 'aws_iam_role_policy', 'task-killer_role')
  const { Statement } = JSON.parse(String(policy)) as { Statement: Record<string, unknown>[] }
  expect(Statement.map(({ Action, Resource, Condition }) => [Action, Resource, Condition])).toEqual([
    [
      ['ecs:ListTasks'],
      ['*'],
      { ArnEquals: { 'ecs:cluster': 'arn:aws:ecs:us-east-1:222222222222:cluster/films-test' } },
    ],
    [['ecs:DescribeTasks'], ['arn:aws:ecs:us-east-1:222222222222:task/films-test/*'], undefined],
    [
      ['ecs:StopTask'],
      ['arn:aws:ecs:us-east-1:222222222222:task/films-test/*'],
      {
        StringEquals: {
          'aws:ResourceTag/sluice:system': 'films',
          'aws:ResourceTag/sluice:environment': 'test',
        },
        Null: { 'aws:ResourceTag/sluice:lifetime': 'false' },
      },
    ],
  ])
})

test('a step on Fargate has a killer and no machines', async () => {
  const all = await stacks(step(''))
  const { killer, machines } = trainOf(all)
  expect(killer).toEqual({
    schedule: 'films-test-task-killer',
    machine: 'arn:aws:states:us-east-1:222222222222:stateMachine:films-test-task-killer',
    role: 'arn:aws:iam::222222222222:role/films-test-task-killer-starter',
  })
  expect(machines).toBeUndefined()
  expect(ofType(all, 'aws_ecs_capacity_provider')).toEqual({})
})

test('a step with GPUs on ecs runs on machines that the cluster has none of before', async () => {
  const all = await stacks(step(', gpu: 1, size: { cpu: 6, memory: 24GiB }'))
  expect(one(all, 'aws_ecs_task_definition')).toMatchObject({
    requires_compatibilities: ['EC2'],
    network_mode: 'bridge',
  })
  const containers = JSON.parse(
    String(one(all, 'aws_ecs_task_definition')['container_definitions']),
  ) as unknown[]
  expect(containers).toMatchObject([{ resourceRequirements: [{ type: 'GPU', value: '1' }] }])
  // Six processors and 24 GiB are more than the smallest machine has.
  expect(one(all, 'aws_launch_template')).toMatchObject({
    instance_type: 'g5.2xlarge',
    metadata_options: { http_tokens: 'required', http_put_response_hop_limit: 1 },
    block_device_mappings: [{ ebs: { encrypted: 'true' } }],
  })
  expect(one(all, 'aws_autoscaling_group')).toMatchObject({ min_size: 0, max_size: 4 })
  const [provider] = Object.keys(ofType(all, 'aws_ecs_capacity_provider'))
  expect(one(all, 'aws_ecs_cluster_capacity_providers')).toMatchObject({
    cluster_name: 'films-test',
    capacity_providers: [`\${aws_ecs_capacity_provider.${provider}.name}`],
  })
  expect(trainOf(all).machines).toEqual({
    provider: `\${aws_ecs_capacity_provider.${provider}.name}`,
    type: 'g5.2xlarge',
    timeout: 2 * HOUR,
  })
})

test.each([
  ['m5.large', 'X86_64', ''],
  ['m7g.large', 'ARM64', '/arm64'],
])('an image that is built for both runs as its machine %s has it', async (machine, architecture, kind) => {
  const all = await stacks(`
system: films
environments: { test: { cloud: aws, region: us-east-1, account: "222222222222" } }
images: { both: { context: app, platforms: [linux/amd64, linux/arm64] } }
pipelines: { p: { steps: { train: { image: both, engine: ecs, machine: ${machine} } } } }
`)
  expect(one(all, 'aws_ecs_task_definition')).toMatchObject({
    runtime_platform: { cpu_architecture: architecture },
  })
  const image = `resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023${kind}/recommended/image_id`
  expect(one(all, 'aws_launch_template')['image_id']).toBe(image)
})
