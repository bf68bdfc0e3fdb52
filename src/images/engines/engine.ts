/** A program that builds images, as it was found on this machine. */
export type Engine =
  /** `docker buildx` with a builder of its own (docker-container, kubernetes, remote): pushes by itself, by digest. */
  | { readonly kind: 'buildx'; readonly buildkit: string | null; readonly version: string }
  /** `docker buildx` on the daemon's own BuildKit: builds into the daemon, from where `docker push` takes it. */
  | { readonly kind: 'buildx-daemon'; readonly buildkit: string | null; readonly version: string }
  /** `docker build` of Docker 18.09 to 20.10: the daemon's BuildKit, without a plugin. */
  | { readonly kind: 'docker'; readonly buildkit: null; readonly version: string }
  /** `buildctl` and the address of a BuildKit daemon. */
  | {
      readonly kind: 'buildctl'
      readonly buildkit: string
      readonly version: string
      readonly address: string
    }

/** For people. */
export function engineName(engine: Engine): string {
  const buildkit = engine.buildkit === null ? '' : ` (BuildKit ${engine.buildkit})`
  switch (engine.kind) {
    case 'buildx':
    case 'buildx-daemon':
      return `docker buildx ${engine.version}${buildkit}`
    case 'docker':
      return `docker build ${engine.version}`
    case 'buildctl':
      return `buildctl ${engine.version} at ${engine.address}${buildkit}`
    default:
      return engine satisfies never
  }
}

/** True where the engine pushes by digest itself; otherwise the image goes through the daemon's own store. */
export function pushesByDigest(engine: Engine): boolean {
  return engine.kind === 'buildx' || engine.kind === 'buildctl'
}
