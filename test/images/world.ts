import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Image } from '../../src/domain/system/system.ts'
import type { CredentialSource } from '../../src/images/registry/credentials.ts'
import type { Timeouts } from '../../src/images/registry/wire.ts'
import { openImageStore } from '../../src/images/store.ts'
import type { Event } from '../../src/runtime/events.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'
import { fingerprintOf } from '../../src/tools/context/identify.ts'
import { systemOf } from '../providers/local/images/world.ts'
import type { DockerEngine } from '../real/docker-engine.ts'
import { builtImage, folder, type Tree } from '../tools/context/tree.ts'

export interface WorldOptions {
  readonly engine?: Pick<DockerEngine, 'env'>
  /** Where images go: `HOST/shop/NAME`. */
  readonly host: string
  readonly tree: Tree
  readonly image?: Parameters<typeof builtImage>[0]
  readonly env?: Record<string, string>
  readonly others?: readonly Image[]
  readonly credentials?: CredentialSource
  /** The registry is one whose tags never move. */
  readonly foundation?: boolean
  readonly timeouts?: Partial<Timeouts>
  /** Repositories that are elsewhere than HOST/shop/NAME, and whether they fetch by themselves. */
  readonly registries?: Record<string, string>
  readonly remote?: boolean
}

/** A repository on disk, whose images go to a real registry. */
export function registryWorld({
  engine,
  host,
  tree,
  image: more,
  env,
  others = [],
  credentials,
  foundation = false,
  timeouts = {},
  registries: own = {},
  remote = false,
}: WorldOptions) {
  const place = folder({ 'repo/.git/HEAD': '', ...prefixed(tree) })
  const root = join(place.path, 'repo')
  const state = join(root, '.sluice/production')
  mkdirSync(state, { recursive: true })
  const events: Event[] = []
  const image = builtImage(more)
  const system = systemOf(image, ...others)
  const registries = Object.fromEntries(
    Object.keys(system.images).map((name) => [name, own[name] ?? `${host}/shop/${name}`]),
  )
  const all = {
    PATH: process.env['PATH'],
    HOME: place.path,
    SLUICE_BUILD_NETWORK: 'host',
    SLUICE_BUILD_CACHE: 'off',
    ...engine?.env,
    ...env,
  }
  const runtime = nodeRuntime(
    { emit: (event) => void events.push(event) },
    { cancelled: new AbortController().signal },
    root,
    all,
  )
  const store = () =>
    openImageStore({
      runtime,
      system,
      root,
      state,
      registries,
      ...(credentials === undefined ? {} : { credentials }),
      timeouts,
      remote,
      ...(foundation ? { foundation: [host] } : {}),
    })
  const key = (which: Image = image, asked = store()) =>
    fingerprintOf(which, { runtime, root, state, builder: 'engine', bases: {}, resolve: asked.resolve })
  return {
    root,
    state,
    image,
    system,
    registries,
    runtime,
    events,
    store,
    key,
    /** As a run does it: key, then find, then publish. */
    build: async (which: Image = image) => {
      const asked = store()
      const fingerprint = await key(which, asked)
      return (await asked.find(which.name, fingerprint)) ?? (await asked.publish(which, fingerprint))
    },
    write: (files: Tree) => place.write(prefixed(files)),
    said: () => events.flatMap((event) => (event.kind === 'message' ? [event.text] : [])),
    [Symbol.dispose]: () => place[Symbol.dispose](),
  }
}

function prefixed(tree: Tree): Tree {
  return Object.fromEntries(Object.entries(tree).map(([name, content]) => [`repo/${name}`, content]))
}

const run = promisify(execFile)

/** Not synchronous: the registry may stand behind a proxy of this process. */
export async function skopeo(...args: string[]): Promise<string> {
  return (await run('skopeo', args, { timeout: 30_000 })).stdout.trim()
}

export function skopeoDigest(reference: string): Promise<string> {
  return skopeo('inspect', '--tls-verify=false', '--no-tags', '--format={{.Digest}}', `docker://${reference}`)
}
