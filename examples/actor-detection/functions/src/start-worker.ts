import { DescribeInstancesCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2'
import { type Answer, json, variable } from './http.ts'

const ec2 = new EC2Client({})

/** POST /start-worker: starts one machine from the launch template, unless one of it is there. */
export async function handler(): Promise<Answer> {
  const template = variable('DETECTOR_ID')
  const there = await ec2.send(
    new DescribeInstancesCommand({
      Filters: [
        { Name: 'tag:aws:ec2launchtemplate:id', Values: [template] },
        { Name: 'instance-state-name', Values: ['pending', 'running'] },
      ],
    }),
  )
  const [running] = (there.Reservations ?? []).flatMap(({ Instances = [] }) => Instances)
  if (running !== undefined) return json(200, { instance: running.InstanceId, state: running.State?.Name })
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      LaunchTemplate: { LaunchTemplateId: template, Version: '$Latest' },
      MinCount: 1,
      MaxCount: 1,
      ClientToken: token(template, Date.now()),
    }),
  )
  return json(202, { instance: Instances[0]?.InstanceId, state: 'pending' })
}

/** Requests at the same moment, which have all seen no machine, are one machine. */
export function token(template: string, now: number): string {
  return `${template}-${Math.floor(now / 5_000)}`
}
