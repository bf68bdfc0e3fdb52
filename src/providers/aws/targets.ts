import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { externalError, usageError } from '../../domain/error.ts'
import { awsLedgerBucket } from '../../domain/names/aws-names.ts'
import { publishedTargets } from '../../domain/stacks/published-targets.ts'
import { type Targets, targetsSchema } from '../../domain/stacks/targets.ts'
import type { ObjectStore } from '../ports/objects.ts'
import type { ProviderContext } from '../provider.ts'

/**
 * Where the parts of this environment are: what the last apply left here, or else what it published beside the ledger. So a
 * rollout on another machine needs to read one object, and no state.
 *
 * @throws SluiceError usage where nothing is applied yet, or where the file is of another environment
 */
export async function readTargets(
  { runtime, system, state }: ProviderContext,
  account: string,
  objects: Pick<ObjectStore, 'read'>,
): Promise<Targets> {
  const { name: environment } = system.environment
  const file = join(state, 'targets.json')
  const here = await runtime.files.read(file)
  if (here !== undefined) return parse(file, Buffer.from(here).toString('utf8'), system)
  const bucket = awsLedgerBucket({ system: system.name, environment, account })
  const uri = publishedTargets(`s3://${bucket}/ledger`)
  const published = await objects.read(uri).catch((error: unknown) => {
    throw notApplied(error) ? nothingApplied(file, uri, environment, error) : error
  })
  if (published === undefined) throw nothingApplied(file, uri, environment)
  return parse(uri, await text(published.body), system)
}

/** A missing bucket is the foundation's. */
const notApplied = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof Error && error.cause.name === 'NoSuchBucket'

function nothingApplied(file: string, uri: string, environment: string, cause?: unknown): Error {
  return usageError(
    {
      what: `environment ${environment} is not applied yet: there is neither ${file} nor ${uri}`,
      rule: 'the stacks of an environment say where its parts are; the first of them is the foundation',
      remedy: `run "sluice plan --env ${environment}" and "sluice apply --env ${environment}" first`,
    },
    cause,
  )
}

function parse(place: string, content: string, { name, environment }: ProviderContext['system']): Targets {
  const targets = parseJson(place, content)
  if (targets.system === name && targets.environment === environment.name) return targets
  throw usageError({
    what: `${place} is of environment ${targets.environment} of ${targets.system}`,
    rule: `this is environment ${environment.name} of ${name}`,
    remedy: `remove it, then run "sluice apply --env ${environment.name}"`,
  })
}

function parseJson(place: string, content: string): Targets {
  try {
    return targetsSchema.parse(JSON.parse(content))
  } catch (cause) {
    throw externalError(
      'user',
      {
        what: `${place} is damaged, or of a newer version`,
        rule: 'it has the schema sluice.targets/v1',
        remedy: 'run "sluice apply" again: it writes the file anew',
      },
      cause,
    )
  }
}
