import { bug } from '../../domain/error.ts'
import { awsStateBucket, gcpStateBucket } from '../../domain/stacks/state-buckets.ts'
import { previewOfState, stackOfState, stateFolderOf } from '../../domain/system/preview.ts'
import type { Environment, System } from '../../domain/system/system.ts'
import type { ObjectStore } from '../../providers/ports/objects.ts'

/** A stack that has a state, and so may have resources. */
export interface StackState {
  readonly stack: string
  readonly uri: string
}

/** Stacks of a preview, by what lies in the bucket: its configuration may have had others when it was made. */
export async function statesOf(objects: ObjectStore, system: System): Promise<readonly StackState[]> {
  const folder = `${bucketOf(system.environment)}/${stateFolderOf(system)}/`
  const found: StackState[] = []
  for await (const { uri } of objects.list(folder)) {
    const stack = stackOfState(uri, folder)
    if (stack !== undefined) found.push({ stack, uri })
  }
  return found
}

/** Numbers of the pull requests that have a preview of this kind, rising. */
export async function previewsOf(objects: ObjectStore, system: System): Promise<readonly number[]> {
  const folder = `${bucketOf(system.environment)}/${stateFolderOf(system)}/`
  const found = new Set<number>()
  for await (const { uri } of objects.list(folder)) {
    const number = previewOfState(uri, folder)
    if (number !== undefined) found.add(number)
  }
  return [...found].sort((a, b) => a - b)
}

function bucketOf({ name, cloud, account, project, region }: Environment): string {
  if (region !== undefined && account !== undefined) return `s3://${awsStateBucket({ account, region })}`
  if (region !== undefined && project !== undefined)
    return `gs://${gcpStateBucket({ project, location: region })}`
  throw bug(`environment ${name} on cloud ${cloud} has no states`)
}
