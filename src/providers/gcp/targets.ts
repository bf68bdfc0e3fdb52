import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { SluiceError } from '../../domain/error.ts'
import { publishedTargets } from '../../domain/stacks/published-targets.ts'
import { type Targets, targetsSchema } from '../../domain/stacks/targets.ts'
import type { ObjectStore } from '../ports/objects.ts'
import type { ProviderContext } from '../provider.ts'
import type { Place } from './place.ts'

/**
 * Where the parts of the environment are: as the last apply on this machine left it, else as the last one anywhere has
 * published it beside the ledger. Read once.
 */
export function targetsReader(
  { runtime, state, system }: ProviderContext,
  { ledgerBucket }: Place,
  objects: ObjectStore,
): () => Promise<Targets> {
  const { name } = system.environment
  const published = publishedTargets(`gs://${ledgerBucket}/ledger`)
  const find = async (): Promise<Targets> => {
    const path = join(state, 'targets.json')
    const file = await runtime.files.read(path)
    if (file !== undefined) return parsed(path, Buffer.from(file).toString('utf8'))
    const object = await objects.read(published).catch((error: unknown) => {
      if (error instanceof SluiceError && error.outcome === 'stale') return undefined
      throw error
    })
    if (object !== undefined) return parsed(published, await text(object.body))
    throw new SluiceError('stale', 'user', {
      what: `environment ${name} has not been applied: there is neither ${path} nor ${published}`,
      rule: 'a rollout goes to what "sluice apply" has made',
      remedy: `run "sluice plan --env ${name}", then "sluice apply --env ${name}"`,
    })
  }
  let read: Promise<Targets> | undefined
  return () => {
    read ??= find()
    read.catch(() => {
      read = undefined
    })
    return read
  }
}

function parsed(where: string, content: string): Targets {
  try {
    return targetsSchema.parse(JSON.parse(content))
  } catch (cause) {
    throw new SluiceError(
      'usage',
      'user',
      {
        what: `${where} is not what Sluice wrote: ${(cause as Error).message}`,
        remedy: 'run "sluice apply" again',
      },
      { cause },
    )
  }
}
