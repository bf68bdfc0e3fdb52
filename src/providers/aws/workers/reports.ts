import type { Runtime } from '../../../runtime/runtime.ts'
import type { AwsSession } from '../session.ts'
import { codeOf } from '../trouble.ts'
import type { Report } from './crew-status.ts'
import type { Crew } from './fleet.ts'
import { openSystemsManager } from './systems-manager.ts'

export interface Reports {
  /** By id; a machine of which Systems Manager knows nothing is not reachable. */
  of(crew: Crew, ids: readonly string[]): Promise<ReadonlyMap<string, Report>>
  /** The image that a machine has said last, also if it has fallen silent since; undefined where it has never said one. */
  last(crew: Crew, id: string): Promise<string | undefined>
  close(): void
}

/** What machines write into their inventory (cdktf/aws/boot-script.ts). */
export const REPORT_TYPE = 'Custom:SluiceWork'
/** Filters of one request. */
const MOST = 50

/**
 * What machines of workers say of themselves: whether Session Manager reaches them, from their agent's heartbeats, and what they do,
 * from their own inventory. Nothing is run there.
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/inventory-custom.html
 */
export function openReports(session: AwsSession, runtime: Pick<Runtime, 'clock' | 'random'>): Reports {
  const ssm = openSystemsManager(session, runtime)
  const online = async ({ worker, region }: Crew, ids: readonly string[]): Promise<ReadonlySet<string>> => {
    const found = new Set<string>()
    const what = `asking which machines of worker ${worker} are reached`
    const need = { action: 'ssm:DescribeInstanceInformation', resource: '*' }
    for (let first = 0; first < ids.length; first += MOST) {
      const Filters = [{ Key: 'InstanceIds', Values: ids.slice(first, first + MOST) }]
      const { InstanceInformationList = [] } = await ssm.ask({ region, what, need }, (api, client, options) =>
        client.send(new api.DescribeInstanceInformationCommand({ Filters, MaxResults: MOST }), options),
      )
      for (const { InstanceId = '', PingStatus } of InstanceInformationList) {
        if (PingStatus === 'Online') found.add(InstanceId)
      }
    }
    return found
  }
  const said = async ({ worker, region }: Crew, id: string): Promise<Omit<Report, 'reachable'>> => {
    const what = `asking what machine ${id} of worker ${worker} does`
    const resource = `arn:aws:ec2:${region}:${session.account}:instance/*`
    const need = { action: 'ssm:ListInventoryEntries', resource }
    const query = { InstanceId: id, TypeName: REPORT_TYPE }
    const { Entries = [] } = await ssm.ask({ region, what, need }, (api, client, options) =>
      client.send(new api.ListInventoryEntriesCommand(query), options).catch((error: unknown) => {
        // A machine that has never said anything.
        if (NOTHING.has(codeOf(error))) return { Entries: [] }
        throw error
      }),
    )
    const [entry] = Entries
    const activity = entry?.['Activity']
    return {
      runs: entry?.['Image'],
      activity: activity === 'working' || activity === 'idle' ? activity : undefined,
    }
  }
  return {
    of: async (crew, ids) => {
      const reached = await online(crew, ids)
      const reports = await Promise.all(
        ids.map(async (id): Promise<[string, Report]> => {
          const reachable = reached.has(id)
          // What a machine said before it fell silent is not what it does.
          const now = reachable ? await said(crew, id) : { runs: undefined, activity: undefined }
          return [id, { reachable, ...now }]
        }),
      )
      return new Map(reports)
    },
    last: async (crew, id) => (await said(crew, id)).runs,
    close: () => ssm.close(),
  }
}

const NOTHING = new Set(['InvalidInstanceId', 'InvalidTypeNameException'])
