import type { Service } from '../../../src/domain/system/system.ts'
import { Alert } from '../alert.ts'
import { CloudRunService } from '../cloud-run-service.ts'
import { poolTemplate, type RunContainer, type RunTemplateProps, serviceTemplate } from '../run-template.ts'
import { ServiceAccount } from '../service-account.ts'
import { WorkerPool } from '../worker-pool.ts'
import { type Access, addressOf, connect, secretId } from './connect.ts'
import { permit } from './permit.ts'
import type { Site } from './site.ts'
import { subscriptionVariables } from './topics.ts'

/** Services of Cloud Run, and worker pools for those that take no requests. */
export function services(site: Site): void {
  for (const service of Object.values(site.system.services)) make(site, service)
}

function make(site: Site, service: Service): void {
  const { name, port } = service
  const { location } = site
  const stack = site.stackOf(name)
  const fullName = site.name('services', name)
  const account = new ServiceAccount(stack, `account-${name}`, {
    name: fullName,
    description: `Service ${name} of ${site.prefix}`,
  })
  site.accounts.set(name, account)
  const props = { name: fullName, location, account: account.email }
  if (port === undefined) {
    const pool = new WorkerPool(stack, `pool-${name}`, props)
    site.later(() => describePool(site, service, account, pool.name))
    return
  }
  const made = new CloudRunService(stack, `service-${name}`, { ...props, reach: reachOf(service) })
  site.callables.set(name, made)
  site.later(() => describe(site, { ...service, port }, account, made.name))
}

/** A domain leads through the load balancer; what is public without one has Google's own name and certificate. */
function reachOf(service: Service): 'network' | 'load-balancer' | 'internet' {
  if (!service.public) return 'network'
  return service.domain === undefined ? 'internet' : 'load-balancer'
}

/** What a rollout deploys stands in targets.json, and no digest of it in a stack. */
function describe(
  site: Site,
  service: Service & { readonly port: number },
  account: ServiceAccount,
  fullName: string,
): void {
  const { system, project, location } = site
  const { name, port, health, scale } = service
  const stack = site.stackOf(name)
  stack.target('services', name, {
    kind: 'cloud-run-service',
    project,
    location,
    service: fullName,
    url: addressOf(site, stack, 'services', name),
    scale,
    template: serviceTemplate(templateOf(site, service, account), {
      port,
      scale,
      startTimeout: system.rollout.startTimeout,
      longest: longestRequest(site, service),
      ...(health === undefined ? {} : { health }),
    }),
  })
  stack.target('logs', name, logsOf(site, 'cloud_run_revision', 'service_name', site.name('services', name)))
  alerts(site, service)
}

/** A copy ends its requests before it goes, and a message is one: as long as it may take to be acknowledged. */
function longestRequest(site: Site, { name, stopTimeout }: Service): number {
  const messages = Object.values(site.system.topics).filter(({ subscriber }) => subscriber === name)
  return Math.max(300_000, stopTimeout, ...messages.map(({ ackDeadline }) => ackDeadline))
}

function describePool(site: Site, service: Service, account: ServiceAccount, fullName: string): void {
  const { project, location } = site
  const { name, scale } = service
  const stack = site.stackOf(name)
  stack.target('services', name, {
    kind: 'worker-pool',
    project,
    location,
    name: fullName,
    scale,
    template: poolTemplate(templateOf(site, service, account)),
  })
  stack.target(
    'logs',
    name,
    logsOf(site, 'cloud_run_worker_pool', 'worker_pool_name', site.name('services', name)),
  )
}

function templateOf(site: Site, service: Service, account: ServiceAccount): RunTemplateProps {
  const { name } = service
  const access = connect(site, site.stackOf(name), { ...service, account, runs: 'cloud-run' })
  Object.assign(access.environment, { ...subscriptionVariables(site, name), ...access.environment })
  return runTemplate(site, access, account, [
    {
      name,
      image: site.templateImage(service.image),
      environment: access.environment,
      secrets: access.secrets,
      size: service.size,
      ...(service.command === undefined ? {} : { command: service.command }),
    },
    ...sidecars(site, service, account),
  ])
}

/** What connecting came to, as Cloud Run takes it. */
export function runTemplate(
  site: Site,
  { sockets, tag }: Access,
  account: ServiceAccount,
  containers: RunTemplateProps['containers'],
): RunTemplateProps {
  const { id: network, subnetId: subnet } = site.network
  return {
    account: account.email,
    containers,
    sockets,
    ...(tag === undefined ? {} : { network: { network, subnet, tag } }),
  }
}

function sidecars(site: Site, service: Service, account: ServiceAccount): RunContainer[] {
  const stack = site.stackOf(service.name)
  return Object.entries(service.sidecars).map(([sidecar, { image, command, env, secrets }]) => {
    const refs = Object.entries(secrets).map(
      ([key, name]) => [key, { secret: secretId(site, name) }] as const,
    )
    for (const [key, { secret }] of refs) {
      const consumer = { name: service.name, account }
      permit(stack, consumer, `reads-${sidecar}.${key.toLowerCase()}`, { on: 'secret', secret })
    }
    return {
      name: sidecar,
      image: site.templateImage(image),
      environment: env,
      secrets: Object.fromEntries(refs),
      ...(command === undefined ? {} : { command }),
    }
  })
}

/** `logging:<project>:<filter>`; https://cloud.google.com/logging/docs/view/logging-query-language */
export function logsOf(site: Site, type: string, label: string, name: string): string {
  const place = `resource.labels.location="${site.location}"`
  return `logging:${site.project}:resource.type="${type}" AND resource.labels.${label}="${name}" AND ${place}`
}

function alerts(site: Site, { name }: Service): void {
  const stack = site.stackOf(name)
  const of = (metric: string): string =>
    [
      'resource.type="cloud_run_revision"',
      `resource.labels.service_name="${site.name('services', name)}"`,
      `metric.type="run.googleapis.com/${metric}"`,
    ].join(' AND ')
  const add = (short: string, props: Omit<ConstructorParameters<typeof Alert>[2], 'name'>): void => {
    const alert = new Alert(stack, `alarm-${name}-${short}`, {
      name: `${site.prefix}-${name}-${short}`,
      ...props,
    })
    stack.target('alarms', `${name}-${short}`, alert.name)
  }
  add('cpu', {
    description: `Service ${name} is busy over 95 % for 10 minutes`,
    filter: of('container/cpu/utilizations'),
    align: 'ALIGN_PERCENTILE_99',
    reduce: 'REDUCE_MAX',
    above: 0.95,
    minutes: 10,
  })
  add('5xx', {
    description: `Service ${name} answers with errors`,
    filter: `${of('request_count')} AND metric.labels.response_code_class="5xx"`,
    align: 'ALIGN_DELTA',
    reduce: 'REDUCE_SUM',
    above: 5,
  })
}
