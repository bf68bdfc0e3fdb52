import { type Digest, imageReference } from '../domain/digest.ts'
import { parseReference } from './registry/reference.ts'
import type { Registry } from './registry-port.ts'

/** A base image as far as a build has to know it before. */
export interface ReadBase {
  readonly name: string
  readonly size: number
  readonly platforms: readonly string[]
}

/** By the reference that the Dockerfile names; one that cannot be read again has nothing known of it. */
export async function readBases(
  registry: Pick<Registry, 'read'>,
  bases: Readonly<Record<string, Digest>>,
): Promise<readonly ReadBase[]> {
  return Promise.all(
    Object.entries(bases).map(async ([name, digest]) => {
      const { host, repository } = parseReference(name)
      const found = await registry.read(imageReference(`${host}/${repository}`, digest))
      return { name, size: found?.size ?? 0, platforms: found?.platforms ?? [] }
    }),
  )
}
