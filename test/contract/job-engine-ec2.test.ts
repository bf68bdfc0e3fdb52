import { spawnSync } from 'node:child_process'
import { digestOf, imageReference } from '../../src/domain/digest.ts'
import { ec2World } from '../providers/aws/ec2/world.ts'
import { ec2Client, HOUR, loadClients, train } from '../world/cloud-world/http/ec2/client.ts'
import { type Behaviour, containerVariables, type Machine } from '../world/cloud-world/http/ec2/machine.ts'
import { type JobWorld, jobEngineContract, PROGRAMS, type Program } from './job-engine.ts'

jobEngineContract('machines of EC2', machines, { streams: 'merged' })

const imageOf = (program: Program) =>
  imageReference('222222222222.dkr.ecr.us-east-1.amazonaws.com/films/app', digestOf(program))

/** Machines start, end and are forgotten in virtual time; what their containers run is a real process of this machine. */
async function machines(): Promise<JobWorld> {
  await loadClients()
  const world = await ec2World({ behaviour: (_, machine) => behaviourOf(machine) })
  return {
    open: () => {
      const { jobs, events } = ec2Client(world)
      return { engine: jobs, events }
    },
    spec: (id, program, change = {}, env = {}) => ({
      id,
      step: { ...train, ...change },
      image: imageOf(program),
      env,
    }),
    close: async () => {},
  }
}

function behaviourOf(machine: Machine): Behaviour {
  const program = (Object.keys(PROGRAMS) as Program[]).find((one) => machine.userData.includes(imageOf(one)))
  if (program === undefined) throw new Error('the boot script runs no image of this suite')
  if (program === 'stubborn') return { prints: ['started'], work: HOUR }
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', PROGRAMS[program]], {
    env: containerVariables(machine),
    encoding: 'utf8',
  })
  const prints = `${stdout}${stderr}`.trim().split('\n')
  return { prints, exit: status ?? 137, work: 1000 }
}
