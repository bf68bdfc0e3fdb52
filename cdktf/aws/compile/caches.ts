import { ValkeyCache } from '../valkey-cache.ts'
import type { Site } from './site.ts'

export function caches(site: Site): void {
  for (const [name, { class: machine }] of Object.entries(site.system.caches)) {
    const stack = site.stackOf(name)
    const cache = new ValkeyCache(stack, `cache-${name}`, {
      name: site.name('caches', name),
      subnetIds: site.network.privateSubnets.map((subnet) => subnet.id),
      securityGroupId: site.firewall(name).id,
      ...(machine === undefined ? {} : { class: machine }),
    })
    site.caches.set(name, cache)
    stack.target('caches', name, cache.url)
  }
}
