import type { Targets } from '../../../domain/stacks/targets.ts'
import type { ObjectStore } from '../../ports/objects.ts'
import type { Operations } from '../../ports/operations.ts'
import type { WorkerImages } from '../../ports/workers.ts'
import type { ProviderContext } from '../../provider.ts'
import { openQueryApi } from '../query.ts'
import type { AwsSession } from '../session.ts'
import { openFleet } from '../workers/fleet.ts'
import { openReports } from '../workers/reports.ts'
import { workerMachines } from '../workers/status.ts'
import { openDatabases } from './databases.ts'
import { openLogs } from './logs.ts'
import { openMachines } from './machines.ts'
import { openServiceSwitches } from './services.ts'

export interface OperationsParts {
  readonly context: ProviderContext
  readonly session: AwsSession
  readonly targets: () => Promise<Targets>
  /** Where it is remembered how many copies a paused service had. */
  readonly objects: Pick<ObjectStore, 'read' | 'write' | 'remove'>
  /** Which image the machines of a worker shall run. */
  readonly workers: Pick<WorkerImages, 'read'>
}

/** Daily work on an environment of AWS; each client is loaded when it is first needed. */
export function openAwsOperations(parts: OperationsParts): Operations & { close(): void } {
  const logs = openLogs(parts)
  const switches = openServiceSwitches(parts)
  const { pause, resume, restart } = switches
  const { context, session, targets, workers: images } = parts
  const api = openQueryApi(session, context.runtime)
  const databases = openDatabases(api, session, context.runtime, targets)
  const fleet = openFleet(api, session, targets)
  const machines = openMachines(fleet)
  const reports = openReports(session, context.runtime)
  return {
    logs: (service, query) => logs.of(service, query),
    pause,
    resume,
    restart,
    rest: {
      pause: async () => [...(await machines.stop()), ...named('stopping', await databases.stop())],
      // First what services connect to.
      resume: async () => [
        ...named('started', await databases.start()),
        ...named('started', await machines.start()),
      ],
      stopped: () => databases.stopped(),
      machines: () => workerMachines({ fleet, reports, images, targets }),
    },
    close: () => {
      logs.close()
      switches.close()
      reports.close()
    },
  }
}

const named = (how: string, names: readonly string[]): readonly string[] =>
  names.map((name) => `${name} ${how}`)
