import { usageError } from '../../../domain/error.ts'
import type { JobEngine } from '../../provider.ts'

/** Steps of pipelines. */
export function openJobs(_options: object): JobEngine {
  const refused = async (): Promise<never> => {
    throw usageError({ what: 'cloud gcp runs no steps of pipelines yet', remedy: 'train on another cloud' })
  }
  return {
    start: refused,
    wait: refused,
    status: refused,
    stop: refused,
    logs: () => ({ [Symbol.asyncIterator]: () => ({ next: refused }) }),
  }
}
