import type { SSMClient } from '@aws-sdk/client-ssm'
import { type AwsSession, settingsFor } from '../session.ts'
import { callTrouble, codeOf } from '../trouble.ts'
import type { Report } from './crew-status.ts'
import type { Crew } from './fleet.ts'

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
export function openReports(session: AwsSession): Reports {
  const clients = new Map<string, SSMClient>()
  const sdk = async (region: string) => {
    const api = await import('../sdk/ssm.ts')
    const ssm = clients.get(region) ?? new api.SSMClient({ ...settingsFor(session, 'SSM'), region })
    clients.set(region, ssm)
    return { api, ssm }
  }
  const online = async ({ worker, region }: Crew, ids: readonly string[]): Promise<ReadonlySet<string>> => {
    const { api, ssm } = await sdk(region)
    const found = new Set<string>()
    for (let first = 0; first < ids.length; first += MOST) {
      const Filters = [{ Key: 'InstanceIds', Values: ids.slice(first, first + MOST) }]
      const request = new api.DescribeInstanceInformationCommand({ Filters, MaxResults: MOST })
      const { InstanceInformationList = [] } = await ssm
        .send(request, session.call)
        .catch((error: unknown) => {
          const need = { action: 'ssm:DescribeInstanceInformation', resource: '*' }
          throw callTrouble(`asking which machines of worker ${worker} are reached`, need, error)
        })
      for (const { InstanceId = '', PingStatus } of InstanceInformationList) {
        if (PingStatus === 'Online') found.add(InstanceId)
      }
    }
    return found
  }
  const said = async ({ worker, region }: Crew, id: string): Promise<Omit<Report, 'reachable'>> => {
    const { api, ssm } = await sdk(region)
    const request = new api.ListInventoryEntriesCommand({ InstanceId: id, TypeName: REPORT_TYPE })
    const { Entries = [] } = await ssm.send(request, session.call).catch((error: unknown) => {
      // A machine that has never said anything.
      if (NOTHING.has(codeOf(error))) return { Entries: [] }
      const resource = `arn:aws:ec2:${region}:${session.account}:instance/*`
      throw callTrouble(
        `asking what machine ${id} of worker ${worker} does`,
        { action: 'ssm:ListInventoryEntries', resource },
        error,
      )
    })
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
    close: () => {
      for (const client of clients.values()) client.destroy()
    },
  }
}

const NOTHING = new Set(['InvalidInstanceId', 'InvalidTypeNameException'])
