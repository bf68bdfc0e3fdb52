import type { Service, System } from '../domain/system.ts'

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
