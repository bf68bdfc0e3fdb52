import type { Named } from '../../domain/named.ts'

/** Everything that one build is told, whatever the engine. Paths are absolute. */
export interface BuildOrder {
  /** Name of the image in sluice.yml, for people. */
  readonly image: string
  readonly context: string
  /** The Dockerfile and its `Dockerfile.dockerignore` lie in a folder of their own. */
  readonly dockerfile: string
  /** `registry/path`, without a tag. */
  readonly repository: string
  readonly tag: string
  readonly target?: string
  readonly args: Named<string>
  /** Id -> name of the environment variable that holds the value. Never the value. */
  readonly secrets: Named<string>
  readonly ssh: boolean
  readonly platforms: readonly string[]
  readonly labels: Named<string>
  /** Where RUN has its network; `default` is the engine's own. */
  readonly network: 'default' | 'host' | 'none'
  readonly cache: Cache
  readonly provenance: 'off' | 'min' | 'max'
  readonly sbom: boolean
  /** Where the engine leaves what it made, in JSON. */
  readonly metadata: string
}

/** A cache of layers beside the images, for machines that are new every time. */
export type Cache =
  | { readonly kind: 'none' }
  /** `read` for foreign code: what it leaves would be used by builds of our own. */
  | { readonly kind: 'registry'; readonly reference: string; readonly access: 'read' | 'write' }
