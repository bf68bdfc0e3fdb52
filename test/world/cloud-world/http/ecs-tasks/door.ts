import type { Answer } from '../ec2/door.ts'
import { Refused, type Task, type TaskWorld } from './world.ts'

type Json = Readonly<Record<string, unknown>>

/** ECS's JSON protocol, as far as tasks without a service go: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ */
export function tasksDoor(world: TaskWorld, action: string, input: Json): Answer {
  try {
    return { status: 200, body: JSON.stringify(answer(world, action, input)) }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return { status: 400, body: JSON.stringify({ __type: error.code, message: error.message }) }
  }
}

function answer(world: TaskWorld, action: string, input: Json): Json {
  switch (action) {
    case 'DescribeTaskDefinition':
      return definition(world, String(input['taskDefinition']))
    case 'RegisterTaskDefinition': {
      const arn = `arn:aws:ecs:us-east-1:222222222222:task-definition/${String(input['family'])}:1`
      world.definitions.set(String(input['family']), { body: { ...input, taskDefinitionArn: arn } })
      return { taskDefinition: { ...input, taskDefinitionArn: arn } }
    }
    case 'RunTask':
      placed(input)
      return { tasks: [json(world.run(input))], failures: [] }
    case 'ListTasks': {
      const { arns, next } = world.list(input)
      return { taskArns: arns, ...(next === undefined ? {} : { nextToken: next }) }
    }
    case 'DescribeTasks': {
      const asked = input['tasks'] as readonly string[]
      const found = world.tasks.filter(({ arn }) => asked.includes(arn))
      const missing = asked.filter((arn) => !found.some((task) => task.arn === arn))
      const tagged = JSON.stringify(input['include']) === '["TAGS"]'
      return {
        tasks: found.map((task) => json(task, tagged)),
        failures: missing.map((arn) => ({ arn, reason: 'MISSING' })),
      }
    }
    case 'StopTask':
      return { task: json(world.stop(String(input['task']), String(input['reason'] ?? ''))) }
    default:
      throw new Refused('InvalidAction', `the world does not know ${action}`)
  }
}

function definition(world: TaskWorld, family: string): Json {
  const found = world.definitions.get(family)
  if (found === undefined) throw new Refused('ClientException', 'Unable to describe task definition.')
  const { tags = [], ...taskDefinition } = found.body
  return { taskDefinition, tags }
}

/** "launchType and capacityProviderStrategy: one of them"; a network is for tasks with an interface of their own. */
function placed({ launchType, capacityProviderStrategy, networkConfiguration }: Json): void {
  if ((launchType === undefined) === (capacityProviderStrategy === undefined)) {
    throw new Refused('InvalidParameterException', 'a launch type or a capacity provider strategy')
  }
  if ((launchType === 'FARGATE') !== (networkConfiguration !== undefined)) {
    throw new Refused('InvalidParameterException', 'Network Configuration is for networkMode awsvpc.')
  }
}

function json({ arn, startedBy, createdAt, startedAt, ended, tags, request }: Task, tagged = false): Json {
  const [strategy] = (request['capacityProviderStrategy'] ?? []) as readonly Json[]
  const status = ended !== undefined ? 'STOPPED' : startedAt === undefined ? 'PROVISIONING' : 'RUNNING'
  return {
    taskArn: arn,
    startedBy,
    ...(strategy === undefined ? {} : { capacityProviderName: strategy['capacityProvider'] }),
    lastStatus: status,
    desiredStatus: ended === undefined ? 'RUNNING' : 'STOPPED',
    createdAt: createdAt / 1000,
    ...(startedAt === undefined ? {} : { startedAt: startedAt / 1000 }),
    ...(ended === undefined ? {} : { stoppedAt: ended.at / 1000, stoppedReason: ended.reason }),
    containers: [{ name: 'step', ...(ended?.exitCode === undefined ? {} : { exitCode: ended.exitCode }) }],
    tags: tagged ? Object.entries(tags).map(([key, value]) => ({ key, value })) : [],
  }
}
