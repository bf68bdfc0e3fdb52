import { kindOf } from './connections.ts'
import type { System } from './system.ts'

/**
 * The stack that holds a resource: its component, or the layer of its kind. Layers are applied in the order `foundation`
 * (registries, network, roles), `data`, `compute`, `edge` (names).
 */
export function stackOf(system: System, name: string): string {
  const component = Object.entries(system.components).find(([, names]) => names.includes(name))
  if (component !== undefined) return component[0]
  const kind = kindOf(system, name)
  switch (kind) {
    case 'databases':
    case 'buckets':
    case 'tables':
    case 'topics':
    case 'caches':
      return 'data'
    case 'services':
    case 'functions':
    case 'apis':
    case 'workers':
    case undefined:
      return 'compute'
    default:
      return kind satisfies never
  }
}
