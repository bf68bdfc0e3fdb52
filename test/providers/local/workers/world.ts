import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EC2Client } from '@aws-sdk/client-ec2'
import type { Worker } from '../../../../src/domain/system/system.ts'
import type { EmbeddedEngine, EngineEndpoint, Machines } from '../../../../src/providers/local/engine.ts'
import { readLog } from '../../../../src/providers/local/services/log-file.ts'
import { workersEngine } from '../../../../src/providers/local/workers/engine.ts'
import type { MachineStatus } from '../../../../src/providers/ports/operations.ts'
import { runtime, surroundings } from '../functions/world.ts'

export const HOUR = 3_600_000

export function worker(over: Partial<Worker> = {}): Worker {
  return {
    name: 'detector',
    script: 'boot.sh',
    gpu: 1,
    disk: 1,
    spot: false,
    idleStop: HOUR,
    maxLifetime: HOUR,
    env: {},
    secrets: {},
    connects: ['raw'],
    ...over,
  }
}

export interface World {
  readonly engine: EmbeddedEngine
  readonly machines: Machines
  readonly endpoint: EngineEndpoint
  readonly ec2: EC2Client
  log(): Promise<readonly string[]>
  /** Looks until the machine is as wanted. */
  until(wanted: (status: MachineStatus) => boolean): Promise<MachineStatus>
  says(text: string): Promise<void>
}

/** The engine of one worker, with its boot script, and EC2's own client at its door. */
export async function openWorld(root: string, script: string, over: Partial<Worker> = {}): Promise<World> {
  const folder = join(root, '.sluice/local/cloud')
  await mkdir(root, { recursive: true })
  await writeFile(join(root, 'boot.sh'), script)
  const engine = workersEngine({
    runtime,
    workers: { detector: worker(over) },
    folder,
    region: 'us-east-1',
    root,
    surroundings,
    tags: { 'sluice:system': 'films' },
  })
  const endpoint = await engine.start()
  const { machines } = engine
  if (machines === undefined) throw new Error('no machines')
  const ec2 = new EC2Client({
    endpoint: endpoint.shared['AWS_ENDPOINT_URL_EC2'] ?? '',
    region: 'us-east-1',
    credentials: {
      accessKeyId: endpoint.shared['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: endpoint.shared['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
    maxAttempts: 1,
  })
  const log = async (): Promise<readonly string[]> => {
    const query = { follow: false, tail: 1000 }
    const lines: string[] = []
    for await (const { text } of readLog(join(folder, 'logs/detector'), query, runtime.clock))
      lines.push(text)
    return lines
  }
  const until: World['until'] = async (wanted) => {
    for (;;) {
      const [status] = machines.all()
      if (status !== undefined && wanted(status)) return status
      await runtime.clock.sleep(20)
    }
  }
  const says = async (text: string): Promise<void> => {
    while (!(await log()).some((line) => line.includes(text))) await runtime.clock.sleep(20)
  }
  return { engine, machines, endpoint, ec2, log, until, says }
}
