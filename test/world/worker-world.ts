import { digestOf, type ImageReference } from '../../src/domain/digest.ts'
import { externalError } from '../../src/domain/error.ts'
import type { System } from '../../src/domain/system/system.ts'
import { openUnits } from '../../src/providers/aws/units.ts'
import type { Machine } from '../../src/providers/aws/workers/fleet.ts'
import { WorkerHost, type WorkerHostParts } from '../../src/providers/aws/workers/host.ts'
import { openWorkerRecords } from '../../src/providers/aws/workers/records.ts'
import type { Provider } from '../../src/providers/provider.ts'
import type { Event } from '../../src/runtime/events.ts'
import { LEDGER, shop, World } from './cloud.ts'
import { Wire } from './faults.ts'

/** What stands in the parameter before any release. */
export const TEMPLATE = 'registry/detector:template'

/** Machines of a worker: an image each, and whether Session Manager reaches it. */
export interface SimMachine {
  runs: string
  reachable: boolean
  /** How often its work was ended. */
  stops: number
  launchedAt: number
  /** The image in its last report; undefined where it has never made one. */
  said?: string
}

/** A shop whose service hands work to the machines of a worker. */
export function shopWithWorker(): System {
  const base = shop()
  const worker = {
    name: 'detector',
    image: 'detector',
    gpu: 1,
    disk: 1,
    spot: false,
    idleStop: 1,
    maxLifetime: 1,
    env: {},
    secrets: {},
    connects: [],
  }
  const { web, ...others } = base.services
  if (web === undefined) throw new Error('the shop has a service web')
  return {
    ...base,
    environment: { ...base.environment, cloud: 'aws' },
    services: { ...others, web: { ...web, connects: [...web.connects, 'detector'] } },
    workers: { detector: worker },
  }
}

/** The world with a worker on AWS; what its machines do is said here, what Sluice does with them is Sluice's. */
export class WorkerWorld extends World {
  readonly machines = new Map<string, SimMachine>()
  readonly order: string[] = []
  /** What the provider that was opened last has said. */
  events: readonly Event[] = []
  /** Images that end as soon as they start. */
  readonly broken = new Set<string>()
  parameter: string = TEMPLATE
  template = 'lt-1:3'
  readonly system = shopWithWorker()

  boot(id: string, runs = this.parameter): SimMachine {
    const machine = { runs, reachable: true, stops: 0, launchedAt: this.clock.now() }
    this.machines.set(id, machine)
    return machine
  }

  override provider(wire: Wire = new Wire()): Provider {
    const opened = super.provider(wire)
    const images = wire.wrap('worker-images', this.#images())
    const fleet = wire.wrap('fleet', {
      crews: async () => [{ worker: 'detector', region: 'eu-west-1', tags: {}, template: 'lt-1' }],
      machines: async (): Promise<readonly Machine[]> =>
        [...this.machines].map(([id, { launchedAt }]) => ({
          id,
          state: 'running',
          spot: false,
          launchedAt,
          version: 3,
        })),
    })
    const reports = { last: async (_: unknown, id: string) => this.machines.get(id)?.said }
    const records = openWorkerRecords(opened.objects, async () => LEDGER)
    const runtime = this.machine({}, wire)
    this.events = runtime.events
    const host = new WorkerHost({ runtime, system: this.system, images, fleet, reports, records })
    const nobody = async (): Promise<never> => {
      throw new Error('there are no functions')
    }
    const units = openUnits({ every: 1_000, patience: 60_000 }, this.system, opened.targets, {
      ecs: async () => opened.services,
      lambda: nobody,
      workers: async () => host,
    })
    return {
      ...opened,
      services: units,
      workers: {
        read: (worker) => images.read(worker),
        write: (worker, image) => images.write(worker, image),
        template: async () => this.template,
      },
    }
  }

  #images(): WorkerHostParts['images'] {
    return {
      text: async () => this.parameter,
      read: async () => (this.parameter.includes('@') ? (this.parameter as ImageReference) : undefined),
      write: async (_, text) => {
        this.order.push(`write ${text}`)
        this.parameter = text
      },
      renew: async (_, image) => {
        const done: string[] = []
        for (const [id, machine] of this.machines) {
          if (!machine.reachable) continue
          if (machine.runs !== image) machine.stops++
          machine.runs = this.broken.has(image) ? '' : image
          if (machine.runs === '') {
            throw externalError('user', { what: `restarting worker detector: ${id}: it runs nothing` })
          }
          done.push(id)
        }
        return done
      },
    }
  }
}

export const releaseDigest = (name: string) => digestOf(`release ${name}`)
