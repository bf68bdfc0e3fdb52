import type { Service, System } from '../domain/system/system.ts'

/**
 * Services in the order in which they start: what a service connects to stands before it. Otherwise, and inside a circle
 * of services that connect to each other, the order of sluice.yml.
 */
export function startOrder(system: Pick<System, 'services'>): readonly Service[] {
  const ordered: Service[] = []
  const seen = new Set<string>()
  const visit = (service: Service): void => {
    if (seen.has(service.name)) return
    seen.add(service.name)
    for (const name of service.connects) {
      const other = system.services[name]
      if (other !== undefined) visit(other)
    }
    ordered.push(service)
  }
  for (const service of Object.values(system.services)) visit(service)
  return ordered
}

/**
 * The same order in waves: what stands in one wave may move at once, because nothing in it connects to another of it or of a
 * later one. A circle moves one by one.
 */
export function waves<T>(ordered: readonly T[], serviceOf: (one: T) => Service): readonly (readonly T[])[] {
  const depth = new Map<string, number>()
  const found: T[][] = []
  for (const one of ordered) {
    const { name, connects } = serviceOf(one)
    const below = connects.map((other) => depth.get(other) ?? -1)
    const level = inCircle(one) ? found.length : Math.max(-1, ...below) + 1
    depth.set(name, level)
    const wave = found[level] ?? []
    wave.push(one)
    found[level] = wave
  }
  return found

  /** It connects to one that comes after it. */
  function inCircle(one: T): boolean {
    const later = new Set(ordered.slice(ordered.indexOf(one) + 1).map((other) => serviceOf(other).name))
    return serviceOf(one).connects.some((name) => later.has(name))
  }
}
