import type { TaskWorld } from './world.ts'

/** A machine of a group that ECS keeps for tasks. */
export interface ContainerMachine {
  readonly id: string
  readonly launchedAt: number
  readonly tags: Readonly<Record<string, string>>
  state: 'running' | 'terminated'
  /** How it left its group: `replaced` where another one took its place. */
  left?: 'smaller' | 'replaced'
}

/** A machine of the group of step `train`, as its launch template and its group tag it. */
export function launch(
  world: TaskWorld,
  id: string,
  tags: Readonly<Record<string, string>> = {},
): ContainerMachine {
  const own = { 'sluice:system': 'films', 'sluice:environment': 'test', 'sluice:step': 'p.train' }
  const group = { 'aws:autoscaling:groupName': 'films-test-p-train' }
  const machine: ContainerMachine = {
    id,
    launchedAt: world.clock.now(),
    tags: { ...own, ...group, ...tags },
    state: 'running',
  }
  world.machines.push(machine)
  return machine
}

/** EC2's and EC2 Auto Scaling's Query protocol, as far as a reaper of such machines goes. */
export function machinesDoor(world: TaskWorld, form: URLSearchParams): { status: number; body: string } {
  const machine = world.machines.find(
    ({ id, state }) =>
      state === 'running' && (id === form.get('InstanceId') || id === form.get('InstanceId.1')),
  )
  switch (form.get('Action')) {
    case 'DescribeInstances':
      return { status: 200, body: described(world, form) }
    case 'TerminateInstances':
      if (machine !== undefined) end(machine, world.wanted > 0 ? 'replaced' : 'smaller')
      return { status: 200, body: '<TerminateInstancesResponse/>' }
    // https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_TerminateInstanceInAutoScalingGroup.html
    case 'TerminateInstanceInAutoScalingGroup':
      if (machine === undefined) return invalid('Instance Id not found - No managed instance found')
      if (form.get('ShouldDecrementDesiredCapacity') !== 'true') end(machine, 'replaced')
      else if (world.wanted === 0) return invalid('Currently, desiredSize equals minSize (0).')
      else {
        world.wanted -= 1
        end(machine, 'smaller')
      }
      return { status: 200, body: '<TerminateInstanceInAutoScalingGroupResponse/>' }
    default:
      return invalid(`the world does not know ${form.get('Action')}`)
  }
}

function end(machine: ContainerMachine, left: NonNullable<ContainerMachine['left']>): void {
  machine.state = 'terminated'
  machine.left = left
}

function described(world: TaskWorld, form: URLSearchParams): string {
  const filters = [1, 2].map((i) => [form.get(`Filter.${i}.Name`), form.get(`Filter.${i}.Value.1`)])
  const found = world.machines.filter(({ tags }) =>
    filters.every(([name, value]) => name === null || tags[String(name).slice('tag:'.length)] === value),
  )
  const items = found.map(({ id, launchedAt, state, tags }) => {
    const set = Object.entries(tags).map(
      ([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`,
    )
    return `<item><instancesSet><item><instanceId>${id}</instanceId><instanceState><name>${state}</name></instanceState><launchTime>${new Date(launchedAt).toISOString()}</launchTime><tagSet>${set.join('')}</tagSet></item></instancesSet></item>`
  })
  return `<DescribeInstancesResponse><reservationSet>${items.join('')}</reservationSet></DescribeInstancesResponse>`
}

const invalid = (text: string) => ({
  status: 400,
  body: `<ErrorResponse><Error><Code>ValidationError</Code><Message>${text}</Message></Error></ErrorResponse>`,
})
