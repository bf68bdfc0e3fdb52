import { type Digest, digestOf, digestOfValue, hexOf } from '../../domain/digest.ts'
import type { BuiltImage } from '../../domain/system/system.ts'
import type { Cache } from './order.ts'

/** What a cache of layers is good for: the same steps on the same bases. */
export interface LayerDefinition {
  readonly image: BuiltImage
  readonly dockerfile: Uint8Array
  readonly bases: Readonly<Record<string, Digest>>
}

/**
 * The tag of the cache beside an image. One that moves is always the newest. Where tags never move (the repositories of the
 * stack `foundation`), each Dockerfile on its bases has a cache of its own, left by the first build.
 */
export function cacheTag(tags: 'move' | 'stay', { image, dockerfile, bases }: LayerDefinition): string {
  switch (tags) {
    case 'move':
      return 'buildcache'
    case 'stay': {
      const { target = null, args, platforms } = image
      const definition = {
        dockerfile: digestOf(dockerfile),
        target,
        args,
        platforms: [...platforms].sort(),
        bases,
      }
      return `buildcache-${hexOf(digestOfValue(definition))}`
    }
    default:
      return tags satisfies never
  }
}

/** A tag that stays and is there is read only: writing it again would move all layers to be refused at the end. */
export function writtenOnce(cache: Cache, there: boolean): Cache {
  return cache.kind === 'registry' && there ? { ...cache, access: 'read' } : cache
}
