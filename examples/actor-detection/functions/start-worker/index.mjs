import { DescribeInstancesCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2'

const ec2 = new EC2Client({})

/** POST /start-worker: starts one machine from the launch template, unless one of it is there. */
export async function handler() {
  const LaunchTemplateId = process.env.DETECTOR_ID
  const there = await ec2.send(
    new DescribeInstancesCommand({
      Filters: [
        { Name: 'tag:aws:ec2launchtemplate:id', Values: [LaunchTemplateId] },
        { Name: 'instance-state-name', Values: ['pending', 'running'] },
      ],
    }),
  )
  const [running] = (there.Reservations ?? []).flatMap(({ Instances }) => Instances ?? [])
  if (running !== undefined) return answer(200, { instance: running.InstanceId, state: running.State?.Name })
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      LaunchTemplate: { LaunchTemplateId, Version: '$Latest' },
      MinCount: 1,
      MaxCount: 1,
      // Two requests of one minute are one machine.
      ClientToken: `${LaunchTemplateId}-${Math.floor(Date.now() / 60_000)}`,
    }),
  )
  return answer(202, { instance: Instances?.[0]?.InstanceId, state: 'pending' })
}

function answer(statusCode, body) {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
