import { externalError } from '../../../domain/error.ts'
import type { Targets } from '../../../domain/targets.ts'
import { at, members, type QueryApi } from '../query.ts'
import type { AwsSession } from '../session.ts'

export interface Machines {
  /** Stops what runs; a spot machine, which cannot be stopped, is ended. In words, what was done. */
  stop(): Promise<readonly string[]>
  /** Starts what was stopped. */
  start(): Promise<readonly string[]>
}

interface Machine {
  readonly id: string
  readonly state: string
  readonly spot: boolean
}

/** The machines of the workers in targets.json, found by their tags and no others. */
export function openMachines(
  api: QueryApi,
  { account }: AwsSession,
  targets: () => Promise<Targets>,
): Machines {
  const call = (region: string, action: string, parameters: Readonly<Record<string, string>>, what: string) =>
    api.ask({
      service: 'ec2',
      region,
      action,
      parameters,
      what,
      resource: action === 'DescribeInstances' ? '*' : `arn:aws:ec2:${region}:${account}:instance/*`,
    })
  const machinesOf = async (
    name: string,
    region: string,
    tags: Readonly<Record<string, string>>,
    states: readonly string[],
  ): Promise<readonly Machine[]> => {
    const found: Machine[] = []
    const filters = { ...filter(1, 'instance-state-name', states), ...tagFilters(tags) }
    let token: string | undefined
    do {
      const parameters = {
        ...filters,
        MaxResults: '200',
        ...(token === undefined ? {} : { NextToken: token }),
      }
      const answer = await call(
        region,
        'DescribeInstances',
        parameters,
        `looking for machines of worker ${name}`,
      )
      found.push(...machinesIn(answer, name))
      const next = at(answer, 'nextToken')
      token = typeof next === 'string' && next !== '' ? next : undefined
    } while (token !== undefined)
    return found
  }
  const workers = async () =>
    Object.entries((await targets()).workers).flatMap(([name, target]) =>
      target.kind === 'ec2-worker' && Object.keys(target.instances).length > 0 ? [{ name, ...target }] : [],
    )
  const act = async (
    region: string,
    action: string,
    machines: readonly Machine[],
    what: string,
  ): Promise<void> => {
    if (machines.length === 0) return
    const ids = machines.map(({ id }, i) => [`InstanceId.${i + 1}`, id] as const)
    await call(region, action, Object.fromEntries(ids), what)
  }
  return {
    stop: async () => {
      const done: string[] = []
      for (const { name, region, instances } of await workers()) {
        const machines = await machinesOf(name, region, instances, ['pending', 'running'])
        const spot = machines.filter((machine) => machine.spot)
        const plain = machines.filter((machine) => !machine.spot)
        await act(region, 'StopInstances', plain, `stopping machines of worker ${name}`)
        await act(region, 'TerminateInstances', spot, `ending machines of worker ${name}`)
        done.push(
          ...plain.map(({ id }) => `${name} ${id} stopped`),
          ...spot.map(({ id }) => `${name} ${id} ended`),
        )
      }
      return done
    },
    start: async () => {
      const done: string[] = []
      for (const { name, region, instances } of await workers()) {
        const machines = await machinesOf(name, region, instances, ['stopped'])
        await act(region, 'StartInstances', machines, `starting machines of worker ${name}`)
        done.push(...machines.map(({ id }) => `${name} ${id}`))
      }
      return done
    },
  }
}

function filter(number: number, name: string, values: readonly string[]): Record<string, string> {
  const pairs = values.map((value, i) => [`Filter.${number}.Value.${i + 1}`, value] as const)
  return { [`Filter.${number}.Name`]: name, ...Object.fromEntries(pairs) }
}

function tagFilters(tags: Readonly<Record<string, string>>): Record<string, string> {
  const all = Object.entries(tags).map(([tag, value], i) => filter(i + 2, `tag:${tag}`, [value]))
  return Object.assign({}, ...all) as Record<string, string>
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html */
function machinesIn(answer: unknown, worker: string): readonly Machine[] {
  return members(at(answer, 'reservationSet', 'item')).flatMap((reservation) =>
    members(at(reservation, 'instancesSet', 'item')).map((instance) => {
      const id = at(instance, 'instanceId')
      const state = at(instance, 'instanceState', 'name')
      if (typeof id === 'string' && typeof state === 'string') {
        return { id, state, spot: at(instance, 'instanceLifecycle') === 'spot' }
      }
      throw externalError('service', {
        what: `looking for machines of worker ${worker}: EC2 answers with a machine without id or state`,
      })
    }),
  )
}
