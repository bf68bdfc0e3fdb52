import type { Targets } from '../../../domain/targets.ts'
import type { ObjectStore, Operations, ProviderContext } from '../../provider.ts'
import type { AwsSession } from '../session.ts'
import { openLogs } from './logs.ts'

export interface OperationsParts {
  readonly context: ProviderContext
  readonly session: AwsSession
  readonly targets: () => Promise<Targets>
  /** Where it is remembered how many copies a paused service had. */
  readonly objects: Pick<ObjectStore, 'read' | 'write' | 'remove'>
}

/** Daily work on an environment of AWS; each client is loaded when it is first needed. */
export function openAwsOperations(parts: OperationsParts): Operations & { close(): void } {
  const logs = openLogs(parts)
  return {
    logs: (service, query) => logs.of(service, query),
    pause: async () => {},
    resume: async () => {},
    restart: async () => {},
    close: () => logs.close(),
  }
}
