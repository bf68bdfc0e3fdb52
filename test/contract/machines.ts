import {
  DescribeInstancesCommand,
  type EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { expect, test } from 'vitest'

/** Machines of a worker over the API of EC2, wherever it is answered. */
export interface MachinesWorld {
  readonly ec2: EC2Client
  /** Id of the worker's launch template. */
  readonly template: string
}

/** What a function that starts a worker relies on. Each test leaves no machine. */
export function machinesContract(open: () => MachinesWorld): void {
  const run = (token: string, template = open().template) =>
    open().ec2.send(
      new RunInstancesCommand({
        LaunchTemplate: { LaunchTemplateId: template, Version: '$Latest' },
        MinCount: 1,
        MaxCount: 1,
        ClientToken: token,
      }),
    )
  const there = async (...states: string[]): Promise<readonly string[]> => {
    const { Reservations = [] } = await open().ec2.send(
      new DescribeInstancesCommand({
        Filters: [
          { Name: 'tag:aws:ec2launchtemplate:id', Values: [open().template] },
          { Name: 'instance-state-name', Values: states },
        ],
      }),
    )
    return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId = '' }) => InstanceId))
  }
  const terminate = (id: string) => open().ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }))

  test('a machine is launched, found by its launch template, terminated, and not found any more', async () => {
    const { Instances = [] } = await run('first')
    const [{ InstanceId: id = '', State } = {}] = Instances
    expect(id).toMatch(/^i-[0-9a-f]{17}$/)
    expect(['pending', 'running']).toContain(State?.Name)
    expect(await there('pending', 'running')).toEqual([id])
    const ended = await terminate(id)
    expect(ended.TerminatingInstances?.[0]).toMatchObject({ InstanceId: id })
    expect(await there('pending', 'running')).toEqual([])
  })

  test('a launch template that is not there launches nothing', async () => {
    await expect(run('none', 'lt-0000000000000dead')).rejects.toThrow()
    expect(await there('pending', 'running')).toEqual([])
  })

  test('a machine that is not there cannot be ended', async () => {
    await expect(terminate('i-0000000000000dead')).rejects.toMatchObject({
      name: 'InvalidInstanceID.NotFound',
    })
  })
}
