import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Named } from '../../../domain/named.ts'
import { connectionVariable } from '../../../domain/system/connections.ts'
import type { Worker } from '../../../domain/system/system.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { MachineStatus } from '../../ports/operations.ts'
import { listenAgain, openEndpointFile } from '../endpoint-file.ts'
import type { EmbeddedEngine, Machines, Surroundings } from '../engine.ts'
import { awsCredentials, awsVariables } from '../signed/credentials.ts'
import { openSignedDoor, type SignedDoor } from '../signed/door.ts'
import { answerEc2, type Fleet, type Instance, refusalEc2 } from './ec2.ts'
import { Machine } from './machine.ts'

export interface WorkersEngineOptions {
  readonly runtime: Runtime
  readonly workers: Named<Worker>
  /** Absolute path of `.sluice/<env>/cloud`. */
  readonly folder: string
  readonly region: string
  /** Absolute path of the project. */
  readonly root: string
  readonly surroundings: Surroundings
  /** What machines are tagged with beside the worker's name. */
  readonly tags: Readonly<Record<string, string>>
}

/** Bytes of a request; what asks for a machine is small. */
const LARGEST = 64 * 1024

/** The launch template that a worker's connections name. */
export function templateOf(worker: string): string {
  return `lt-${createHash('sha256').update(worker).digest('hex').slice(0, 17)}`
}

/** Workers: each a boot script that is started, found and ended over the API of EC2, as a machine of the cloud is. */
export function workersEngine(options: WorkersEngineOptions): EmbeddedEngine {
  const { runtime, workers, folder, region } = options
  const machines = new Map<string, Machine>()
  let door: SignedDoor | undefined
  const machine = (name: string): Machine | undefined => machines.get(name)
  const all = (): readonly [string, Machine][] => [...machines]

  const instance = (name: string): Instance | undefined => {
    const record = machine(name)?.record
    if (record === undefined) return undefined
    const tags = {
      ...options.tags,
      'sluice:worker': name,
      'aws:ec2launchtemplate:id': templateOf(name),
      'aws:ec2launchtemplate:version': '1',
    }
    return { id: record.id, state: record.state, launchedAt: record.launchedAt, tags }
  }
  const named = (id: string): string | undefined => all().find(([name]) => instance(name)?.id === id)?.[0]
  const fleet: Fleet = {
    all: () => all().flatMap(([name]) => instance(name) ?? []),
    async launch(template, token) {
      const name = Object.keys(workers).find((one) => templateOf(one) === template)
      if (name === undefined) return undefined
      const launched = await machine(name)?.launch(token)
      return launched === 'taken' ? 'taken' : instance(name)
    },
    async change(id, to) {
      const name = named(id)
      const was = name === undefined ? undefined : instance(name)
      if (name === undefined || was === undefined) return undefined
      if (to === 'start') await machine(name)?.boot()
      else await machine(name)?.end(to === 'stop' ? 'stopped' : 'terminated', 'asked over the API')
      return { was, is: instance(name) ?? was }
    },
  }
  const operated: Machines = {
    has: (name) => Object.hasOwn(workers, name),
    all: () => Object.values(workers).map((worker) => statusOf(worker, machine(worker.name))),
    async pause(name) {
      if (machine(name)?.record?.state === 'running') await machine(name)?.end('stopped', 'paused')
    },
    async resume(name) {
      if (machine(name)?.record?.state === 'stopped') await machine(name)?.boot()
    },
    async restart(name) {
      if (machine(name)?.record?.state !== 'running') return
      await machine(name)?.end('stopped', 'restarted')
      await machine(name)?.boot()
    },
    async restore() {
      const left = all().filter(([, one]) => one.record?.state === 'running')
      await Promise.all(left.map(([, one]) => one.boot()))
    },
  }
  return {
    name: 'workers',
    died: new Promise(() => {}),
    machines: operated,
    async start() {
      const own = join(folder, 'workers')
      await mkdir(own, { recursive: true, mode: 0o700 })
      for (const worker of Object.values(workers)) {
        machines.set(worker.name, await Machine.open({ ...options, worker }))
      }
      const credentials = await awsCredentials(runtime, join(folder, 'objects'))
      const path = join(own, 'endpoint.json')
      const opened = await listenAgain(runtime, path, await openEndpointFile(runtime, path), (port) =>
        openSignedDoor({
          service: 'ec2',
          credentials,
          clock: runtime.clock,
          log: runtime.log,
          port,
          largest: LARGEST,
          answer: ({ body }) => answerEc2(fleet, body),
          refusal: refusalEc2,
        }),
      )
      door = opened
      return {
        url: opened.url,
        shared: { AWS_ENDPOINT_URL_EC2: opened.url, ...awsVariables(credentials, region) },
        connections: Object.fromEntries(
          Object.keys(workers).map((name) => [
            name,
            { [connectionVariable('workers', name, 'ID')]: templateOf(name) },
          ]),
        ),
      }
    },
    async stop() {
      await door?.close()
      door = undefined
      await Promise.all(all().map(([, one]) => one.close()))
    },
  }
}

function statusOf({ name, script = '-' }: Worker, machine: Machine | undefined): MachineStatus {
  const record = machine?.record
  const common = { worker: name, runs: script }
  if (record === undefined) return { ...common, state: 'absent', machine: null, since: null, trouble: null }
  const { id, state, launchedAt, reason } = record
  return { ...common, state, machine: id, since: launchedAt, trouble: reason }
}
