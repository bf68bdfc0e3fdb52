import { createHash } from 'node:crypto'
import { DescribeInstancesCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2'
import { type Answer, json, variable } from './http.ts'

const ec2 = new EC2Client({})

/** POST /start-worker: starts one machine from the launch template, unless one of it is there. */
export async function handler(): Promise<Answer> {
  const template = variable('DETECTOR_ID')
  const there = await ec2.send(
    new DescribeInstancesCommand({
      Filters: [{ Name: 'tag:aws:ec2launchtemplate:id', Values: [template] }],
    }),
  )
  const machines = (there.Reservations ?? []).flatMap(({ Instances = [] }) => Instances)
  const running = machines.find(({ State }) => State?.Name === 'pending' || State?.Name === 'running')
  if (running !== undefined) return json(200, { instance: running.InstanceId, state: running.State?.Name })
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      LaunchTemplate: { LaunchTemplateId: template, Version: '$Latest' },
      MinCount: 1,
      MaxCount: 1,
      ClientToken: token(
        template,
        machines.map(({ InstanceId = '' }) => InstanceId),
        Date.now(),
      ),
    }),
  )
  return json(202, { instance: Instances[0]?.InstanceId, state: 'pending' })
}

/**
 * Requests at the same moment, which have all seen no machine, are one machine; one that ended a moment ago is not that one.
 * At most 64 characters, as EC2 takes them.
 */
export function token(template: string, ended: readonly string[], now: number): string {
  const past = createHash('sha256').update(ended.toSorted().join()).digest('hex').slice(0, 16)
  return `${template}-${Math.floor(now / 5_000)}-${past}`
}
