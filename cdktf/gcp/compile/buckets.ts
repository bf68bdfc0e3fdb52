import { StorageBucket } from '../storage-bucket.ts'
import type { Site } from './site.ts'

export function buckets(site: Site): void {
  for (const [name, { versioned, expire, protect }] of Object.entries(site.system.buckets)) {
    const stack = site.stackOf(name)
    const { uri } = new StorageBucket(stack, `bucket-${name}`, {
      name: site.name('buckets', name),
      location: site.location,
      versioned,
      protect,
      ...(expire === undefined ? {} : { expire }),
    })
    stack.target('buckets', name, uri)
  }
}
