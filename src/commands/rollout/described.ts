import type { ServiceHost, ServiceStatus } from '../../providers/ports/services.ts'

/** Services that are looked at together: a host may ask its platform for so many at once. */
const TOGETHER = 10

/** Each service once, in this order. */
export async function describeAll(
  host: Pick<ServiceHost, 'describe'>,
  services: Iterable<string>,
): Promise<readonly ServiceStatus[]> {
  const names = [...new Set(services)]
  const found: ServiceStatus[] = []
  for (let first = 0; first < names.length; first += TOGETHER) {
    const part = names.slice(first, first + TOGETHER)
    found.push(...(await Promise.all(part.map((name) => host.describe(name)))))
  }
  return found
}
