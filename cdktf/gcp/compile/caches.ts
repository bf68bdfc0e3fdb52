import { ServiceConnection } from '../service-connection.ts'
import { ValkeyCache } from '../valkey-cache.ts'
import type { Site } from './site.ts'

export function caches(site: Site): void {
  const { project, location, prefix, network } = site
  // One a network: it stands beside it, and every cache comes after the foundation.
  new ServiceConnection(site.stack('foundation'), 'memorystore', {
    name: `${prefix}-memorystore`,
    region: location,
    network: network.id,
    subnetworks: [network.subnetId],
    serviceClass: 'gcp-memorystore',
  })
  for (const [name, { class: machine }] of Object.entries(site.system.caches)) {
    const stack = site.stackOf(name)
    const cache = new ValkeyCache(stack, `cache-${name}`, {
      name: site.name('caches', name),
      project,
      region: location,
      network: network.id,
      ...(machine === undefined ? {} : { class: machine }),
    })
    site.caches.set(name, cache)
    stack.target('caches', name, cache.url)
  }
}
