import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Digest } from '../../../../src/domain/digest.ts'
import type { Image, System } from '../../../../src/domain/system/system.ts'
import {
  containerSource,
  type ImagesOptions,
  openImages,
} from '../../../../src/providers/local/images/index.ts'
import type { ProviderContext } from '../../../../src/providers/provider.ts'
import type { Event } from '../../../../src/runtime/events.ts'
import { nodeRuntime } from '../../../../src/runtime/node/index.ts'
import { fingerprintOf } from '../../../../src/tools/context/identify.ts'
import { builtImage, folder, type Tree } from '../../../tools/context/tree.ts'

/** A system with nothing but images. */
export function systemOf(...images: readonly Image[]): System {
  return {
    name: 'films',
    environment: { name: 'local', cloud: 'local', nat: 'none', tags: {} },
    images: Object.fromEntries(images.map((image) => [image.name, image])),
    services: {},
    functions: {},
    apis: {},
    workers: {},
    databases: {},
    buckets: {},
    tables: {},
    topics: {},
    caches: {},
    pipelines: {},
    models: {},
    rollout: {
      strategy: 'rolling',
      steps: [100],
      bake: 0,
      checks: [],
      startTimeout: 1,
      timeout: 1,
      allowZero: false,
    },
    components: {},
  }
}

/** A repository on disk and the images of its cloud `local`, on the real machine. */
export function imageWorld(tree: Tree, more: Partial<ReturnType<typeof builtImage>> = {}, env = {}) {
  const place = folder({ 'repo/.git/HEAD': '', ...prefixed(tree) })
  const root = join(place.path, 'repo')
  const state = join(root, '.sluice/local')
  mkdirSync(state, { recursive: true })
  const events: Event[] = []
  const cancel = new AbortController()
  const real = nodeRuntime({ emit: (event) => void events.push(event) }, { cancelled: cancel.signal }, root)
  const runtime = { ...real, env: { PATH: process.env['PATH'], HOME: place.path, ...env } }
  const image = builtImage(more)
  const context: ProviderContext = { runtime, system: systemOf(image), root, state }
  const key = (other: Image = image): Promise<Digest> =>
    fingerprintOf(other, { ...context, builder: 'local', bases: {} })
  const store = (options?: ImagesOptions) => openImages(context, options)
  return {
    root,
    state,
    image,
    context,
    events,
    cancel,
    write: (files: Tree) => place.write(prefixed(files)),
    key,
    store,
    containers: containerSource(context),
    publish: async (options?: ImagesOptions) => store(options).publish(image, await key()),
    said: () => events.flatMap((event) => (event.kind === 'message' ? [event.text] : [])),
    [Symbol.dispose]: () => place[Symbol.dispose](),
  }
}

function prefixed(tree: Tree): Tree {
  return Object.fromEntries(Object.entries(tree).map(([name, content]) => [`repo/${name}`, content]))
}
