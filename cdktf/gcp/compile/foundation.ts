import type { System } from '../../../src/domain/system/system.ts'
import { defaultCidr } from '../../core/cidr.ts'
import { EnabledApis } from '../enabled-apis.ts'
import { ImageRepository } from '../image-repository.ts'
import { Network } from '../network.ts'
import { RemoteRepository } from '../remote-repository.ts'
import { RunNames } from '../run-names.ts'
import { StorageBucket } from '../storage-bucket.ts'
import type { Site } from './site.ts'

/** What everything else stands on: APIs, registries, network and the ledger. */
export function foundation(site: Site): void {
  const { system, prefix, project, location } = site
  const { environment } = system
  const stack = site.stack('foundation')
  const { all } = new EnabledApis(stack, 'apis', apisOf(system))
  const dependsOn = [...all]
  for (const image of Object.keys(system.images)) {
    const own = { name: site.repositoryName(image), image, project, location, dependsOn }
    const upstream = site.upstream(image)
    const { uri } =
      upstream === undefined
        ? new ImageRepository(stack, `image-${image}`, own)
        : new RemoteRepository(stack, `image-${image}`, { ...own, upstream })
    stack.target('registries', image, uri)
  }
  const ledger = new StorageBucket(stack, 'ledger', {
    name: site.ledgerBucket,
    location,
    versioned: true,
    // Nothing outlives a preview.
    protect: environment.preview === undefined,
  })
  stack.ledger = `${ledger.uri}/ledger`
  site.network = new Network(stack, 'network', {
    name: prefix,
    location,
    cidr: environment.cidr ?? defaultCidr(prefix),
    nat: environment.nat,
    dependsOn,
  })
  if (callsInside(system)) {
    new RunNames(stack, 'run-names', { name: prefix, networkId: site.network.id, dependsOn })
  }
}

/** Services with internal ingress are called through the network. */
function callsInside(system: System): boolean {
  const all = [
    ...Object.values(system.services),
    ...Object.values(system.functions),
    ...Object.values(system.workers),
    ...Object.values(system.pipelines).flatMap(({ steps }) => Object.values(steps)),
  ]
  return all.some(({ connects }) =>
    connects.some((name) => Object.hasOwn(system.services, name) || Object.hasOwn(system.functions, name)),
  )
}

/** The APIs that a system needs, sorted: `run` for run.googleapis.com. */
export function apisOf(system: System): string[] {
  const needs = (kind: keyof System, ...names: string[]): string[] =>
    Object.keys(system[kind] ?? {}).length > 0 ? names : []
  const engines = Object.values(system.pipelines).flatMap(({ steps }) =>
    Object.values(steps).map(({ engine, gpu, nodes }) => engine ?? (gpu > 0 || nodes > 1 ? 'vertex' : 'run')),
  )
  return [
    ...new Set([
      'artifactregistry',
      'cloudresourcemanager',
      'compute',
      'iam',
      'iamcredentials',
      'logging',
      'monitoring',
      'run',
      'secretmanager',
      'storage',
      ...needs('databases', 'servicenetworking', 'sqladmin'),
      ...needs('caches', 'memorystore', 'networkconnectivity'),
      ...needs('topics', 'pubsub'),
      ...needs('functions', 'cloudbuild', 'cloudfunctions'),
      ...(callsInside(system) || system.environment.zone !== undefined ? ['dns'] : []),
      ...(system.environment.zone === undefined ? [] : ['certificatemanager']),
      ...(engines.includes('vertex') ? ['aiplatform'] : []),
    ]),
  ].sort()
}
