import { externalError } from '../../../domain/error.ts'
import type { Targets } from '../../../domain/stacks/targets.ts'
import { at, members, type QueryApi } from '../query.ts'
import type { AwsSession } from '../session.ts'

/** A worker whose machines are found by tags. */
export interface Crew {
  readonly worker: string
  readonly region: string
  readonly tags: Readonly<Record<string, string>>
  /** Id of the launch template. */
  readonly template: string
}

/** A machine as EC2 tells of it. */
export interface Machine {
  readonly id: string
  /** `pending`, `running`, `stopping`, `stopped`, `shutting-down`, `terminated`. */
  readonly state: string
  readonly spot: boolean
  /** Milliseconds since the epoch; null where EC2 does not say. */
  readonly launchedAt: number | null
  /** Version of the launch template that it was started from; null where it was started from none. */
  readonly version: number | null
}

export interface Fleet {
  crews(): Promise<readonly Crew[]>
  /** The machines of one worker in these states, of all states without any. */
  machines(crew: Crew, states?: readonly string[]): Promise<readonly Machine[]>
  /** Default version of its launch template, which a machine that is started now has. */
  version(crew: Crew): Promise<number | null>
  /** The same as `lt-0abc:7`; undefined where there is no such worker. */
  template(worker: string): Promise<string | undefined>
  act(crew: Crew, action: string, machines: readonly Machine[], what: string): Promise<void>
}

/** EC2 itself puts it on what is started from a launch template. */
const VERSION_TAG = 'aws:ec2launchtemplate:version'

/** Machines of the workers in targets.json, found by their tags and no others. */
export function openFleet(
  api: Pick<QueryApi, 'ask'>,
  { account }: Pick<AwsSession, 'account'>,
  targets: () => Promise<Targets>,
): Fleet {
  const ask = (region: string, action: string, parameters: Readonly<Record<string, string>>, what: string) =>
    api.ask({
      service: 'ec2',
      region,
      action,
      parameters,
      what,
      resource: action.startsWith('Describe') ? '*' : `arn:aws:ec2:${region}:${account}:instance/*`,
    })
  const crews: Fleet['crews'] = async () =>
    Object.entries((await targets()).workers).flatMap(([worker, target]) =>
      // Without tags a filter would mean every machine of the account.
      target.kind === 'ec2-worker' && Object.keys(target.instances).length > 0
        ? [{ worker, region: target.region, tags: target.instances, template: target.launchTemplate }]
        : [],
    )
  const version: Fleet['version'] = async ({ worker, region, template }) => {
    const parameters = { 'LaunchTemplateId.1': template }
    const what = `looking at the launch template of worker ${worker}`
    const answer = await ask(region, 'DescribeLaunchTemplates', parameters, what)
    const [found] = members(at(answer, 'launchTemplates', 'item'))
    return numberOf(at(found, 'defaultVersionNumber'))
  }
  return {
    crews,

    machines: async ({ worker, region, tags }, states) => {
      const found: Machine[] = []
      const wanted = states === undefined ? [] : [{ name: 'instance-state-name', values: states }]
      const filters = [
        ...wanted,
        ...Object.entries(tags).map(([tag, value]) => ({ name: `tag:${tag}`, values: [value] })),
      ]
      const what = `looking for machines of worker ${worker}`
      let token: string | undefined
      do {
        const page = token === undefined ? {} : { NextToken: token }
        const parameters = { ...Object.assign({}, ...filters.map(filter)), MaxResults: '200', ...page }
        const answer = await ask(region, 'DescribeInstances', parameters, what)
        found.push(...machinesIn(answer, worker))
        const next = at(answer, 'nextToken')
        token = typeof next === 'string' && next !== '' ? next : undefined
      } while (token !== undefined)
      return found
    },

    version,

    template: async (worker) => {
      const crew = (await crews()).find((one) => one.worker === worker)
      if (crew === undefined) return undefined
      const newest = await version(crew)
      return newest === null ? undefined : `${crew.template}:${newest}`
    },

    act: async ({ region }, action, machines, what) => {
      if (machines.length === 0) return
      const ids = machines.map(({ id }, i) => [`InstanceId.${i + 1}`, id] as const)
      await ask(region, action, Object.fromEntries(ids), what)
    },
  }
}

function filter(
  { name, values }: { readonly name: string; readonly values: readonly string[] },
  index: number,
): Record<string, string> {
  const pairs = values.map((value, i) => [`Filter.${index + 1}.Value.${i + 1}`, value] as const)
  return { [`Filter.${index + 1}.Name`]: name, ...Object.fromEntries(pairs) }
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html */
function machinesIn(answer: unknown, worker: string): readonly Machine[] {
  return members(at(answer, 'reservationSet', 'item')).flatMap((reservation) =>
    members(at(reservation, 'instancesSet', 'item')).map((instance) => {
      const id = at(instance, 'instanceId')
      const state = at(instance, 'instanceState', 'name')
      if (typeof id !== 'string' || typeof state !== 'string') {
        throw externalError('service', {
          what: `looking for machines of worker ${worker}: EC2 answers with a machine without id or state`,
        })
      }
      const launched = Date.parse(String(at(instance, 'launchTime') ?? ''))
      const version = members(at(instance, 'tagSet', 'item')).find((tag) => at(tag, 'key') === VERSION_TAG)
      return {
        id,
        state,
        spot: at(instance, 'instanceLifecycle') === 'spot',
        launchedAt: Number.isNaN(launched) ? null : launched,
        version: numberOf(at(version, 'value')),
      }
    }),
  )
}

function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN
  return Number.isSafeInteger(number) && number > 0 ? number : null
}
