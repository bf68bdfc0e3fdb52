import { DataAwsRoute53Zone } from '@cdktf/provider-aws/lib/data-aws-route53-zone/index.js'
import { EcsCluster } from '@cdktf/provider-aws/lib/ecs-cluster/index.js'
import { ServiceDiscoveryHttpNamespace } from '@cdktf/provider-aws/lib/service-discovery-http-namespace/index.js'
import { accept } from '../../core/accept.ts'
import { defaultCidr } from '../../core/cidr.ts'
import { within } from '../../core/short-hash.ts'
import { allow, Firewall } from '../firewall.ts'
import { ImageRepository } from '../image-repository.ts'
import { Certificate, LoadBalancer } from '../load-balancer.ts'
import { LogArchive } from '../log-archive.ts'
import { Network } from '../network.ts'
import { StorageBucket } from '../storage-bucket.ts'
import type { Site } from './site.ts'

/** What everything else stands on: registries, network, cluster, the way in from the internet, and the ledger. */
export function foundation(site: Site): void {
  const { system, prefix, region } = site
  const { environment } = system
  const stack = site.stack('foundation')
  // Nothing outlives a preview.
  const protect = environment.preview === undefined
  for (const image of Object.keys(system.images)) {
    const name = site.repositoryName(image)
    const { uri } = new ImageRepository(stack, `image-${image}`, { name, protect })
    stack.target('registries', image, uri)
  }
  const ledger = new StorageBucket(stack, 'ledger', {
    name: site.ledgerBucket,
    versioned: true,
    protect,
  })
  stack.ledger = `${ledger.uri}/ledger`

  const logs = new LogArchive(stack, 'logs', {
    name: within(`${prefix}-sluice-logs-${site.account}`, 63),
    account: site.account,
    region,
  })
  site.network = new Network(stack, 'network', {
    name: prefix,
    region,
    cidr: environment.cidr ?? defaultCidr(prefix),
    nat: environment.nat,
    logs,
  })
  new EcsCluster(stack, 'cluster', {
    name: prefix,
    setting: [{ name: 'containerInsights', value: 'enabled' }],
  })
  site.namespace = new ServiceDiscoveryHttpNamespace(stack, 'namespace', {
    name: prefix,
    description: `Services of ${prefix}`,
  }).arn
  firewalls(site)
  wayIn(site, logs)
}

/**
 * The identities of the network stand in the foundation: whoever connects adds a rule of its own, and no stack needs to know
 * the ones beside it.
 */
function firewalls(site: Site): void {
  const { system, prefix } = site
  const stack = site.stack('foundation')
  const make = (kind: string, name: string, out: boolean): void => {
    const id = `${kind}-${name}`
    const firewall = new Firewall(stack, `firewall-${id}`, {
      name: `${prefix}-${id}`,
      description: `${kind} ${name} of ${prefix}`,
      vpcId: site.network.vpc.id,
      out,
    })
    accept(firewall.group, { CKV2_AWS_5: 'what stands behind it is in a stack of its own' })
    site.firewalls.set(name, firewall)
  }
  for (const name of Object.keys(system.services)) make('service', name, true)
  for (const name of Object.keys(system.functions)) if (isInNetwork(site, name)) make('function', name, true)
  for (const name of Object.keys(system.workers)) make('worker', name, true)
  for (const name of Object.keys(system.databases)) make('database', name, false)
  for (const name of Object.keys(system.caches)) make('cache', name, false)
  for (const name of Object.keys(system.pipelines)) make('pipeline', name, true)
}

/** Databases and caches are reachable from inside alone. */
export function isInNetwork(site: Site, func: string): boolean {
  const { functions, databases, caches } = site.system
  const connects = functions[func]?.connects ?? []
  return connects.some((name) => Object.hasOwn(databases, name) || Object.hasOwn(caches, name))
}

/**
 * One load balancer for all services, with one certificate for all domains: a deployment shifts the rule of the listener that
 * serves, so the listener, and with it the certificate, is there before any service.
 */
function wayIn(site: Site, logs: LogArchive): void {
  const { system, prefix } = site
  const stack = site.stack('foundation')
  const isPublic = Object.values(system.services).filter((service) => service.public)
  const [first, ...others] = domainsOf(site)
  const zone = system.environment.zone
  const certificate =
    first === undefined || zone === undefined
      ? undefined
      : new Certificate(stack, 'certificate', {
          domains: [first, ...others],
          zoneId: new DataAwsRoute53Zone(stack, 'zone', { name: zone }).zoneId,
        })
  site.certificate = certificate?.arn
  if (isPublic.length === 0) return
  const firewall = new Firewall(stack, 'firewall-internet', {
    name: `${prefix}-internet`,
    description: `Load balancer of ${prefix}`,
    vpcId: site.network.vpc.id,
    out: true,
  })
  site.balancer = new LoadBalancer(stack, 'internet', {
    name: prefix,
    subnetIds: site.network.publicSubnets.map((subnet) => subnet.id),
    firewall,
    logs,
    ...(certificate === undefined ? {} : { certificate }),
  })
  for (const { name, port } of isPublic) {
    if (port === undefined) continue
    const why = 'The load balancer'
    allow(stack, `internet-to-${name}`, { from: firewall, to: site.firewall(name), port, why })
  }
}

/** Every domain of the environment, sorted. */
export function domainsOf(site: Site): string[] {
  const { services, apis } = site.system
  const all = [...Object.values(services), ...Object.values(apis)].map(({ domain }) => domain)
  return [...new Set(all.filter((domain) => domain !== undefined))].sort()
}
