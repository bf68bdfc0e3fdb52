import { variableStem } from '../../../src/domain/name.ts'
import type { Service } from '../../../src/domain/system/system.ts'
import type { Statement } from '../../core/policy.ts'
import { Alarm } from '../alarm.ts'
import type { ContainerProps } from '../container.ts'
import { FargateService } from '../fargate-service.ts'
import { FargateTask } from '../fargate-task.ts'
import { Traffic } from '../traffic.ts'
import { type Access, connect, secretResources, valueFrom } from './connect.ts'
import type { Site } from './site.ts'

export function services(site: Site): void {
  for (const service of Object.values(site.system.services)) make(site, service)
}

function make(site: Site, service: Service): void {
  const { system, account, region } = site
  const { name, port } = service
  const stack = site.stackOf(name)
  const fullName = site.name('services', name)
  const firewall = site.firewall(name)
  const access = connect(site, stack, { ...service, firewall })
  const queues = subscriptions(site, name)
  const containers = containersOf(site, service, access, queues.environment)
  const sidecarSecrets = Object.values(service.sidecars).flatMap(({ secrets }) => Object.values(secrets))
  const logs = `/ecs/${site.logFolder}/${name}`
  const task = new FargateTask(stack, `task-${name}`, {
    name: fullName,
    account,
    region,
    cpu: service.size.cpu,
    memory: service.size.memory,
    containers,
    logs,
    repositories: repositories(site, [service, ...Object.values(service.sidecars)]),
    secrets: [
      ...new Set([
        ...secretResources(access.secrets),
        ...sidecarSecrets.map((secret) => `${site.secretArn(secret)}-??????`),
      ]),
    ],
    statements: [...access.statements, ...queues.statements],
    platform: platformOf(site, service.image),
  })
  const traffic =
    service.public && port !== undefined
      ? new Traffic(stack, `traffic-${name}`, {
          name: fullName,
          vpcId: site.network.vpc.id,
          account,
          listenerArn: site.balancer.listenerArn,
          port,
          health: service.health ?? '/',
          drain: service.stopTimeout,
          shifts: system.rollout.strategy !== 'rolling',
          ...(service.domain === undefined ? {} : { domain: service.domain }),
        })
      : undefined
  const { subnetIds, publicAddress } = site.places
  const made = new FargateService(stack, `service-${name}`, {
    name: fullName,
    cluster: site.cluster,
    task,
    container: name,
    scale: service.scale,
    subnetIds,
    publicAddress,
    firewall,
    namespace: site.namespace,
    alias: name,
    rollout: system.rollout,
    ...(port === undefined ? {} : { port }),
    ...(traffic === undefined ? {} : { traffic }),
  })
  site.services.set(name, made)
  const url = traffic === undefined ? undefined : addressOf(site, service)
  stack.target('services', name, {
    kind: 'ecs-service',
    region,
    cluster: site.prefix,
    service: fullName,
    container: name,
    loadBalanced: traffic !== undefined,
    // Rollouts copy its newest revision, and are allowed to pass its roles.
    template: task.family,
    roles: task.roleArns,
    scale: service.scale,
    ...(url === undefined ? {} : { url }),
    ...(traffic?.staged === undefined ? {} : { staged: traffic.staged }),
  })
  stack.target('logs', name, `cloudwatch:${region}:${logs}`)
  alarms(site, service, traffic)
}

function addressOf(site: Site, service: Service): string {
  const { scheme, dnsName } = site.balancer
  return service.domain === undefined || scheme === 'http' ? `http://${dnsName}` : `https://${service.domain}`
}

function containersOf(
  site: Site,
  service: Service,
  access: Access,
  more: Readonly<Record<string, string>>,
): ContainerProps[] {
  const { name, port, stopTimeout } = service
  const ends = { stopTimeout }
  return [
    {
      name,
      image: site.templateImage(service.image),
      essential: true,
      environment: {
        ...more,
        ...(port === undefined ? {} : { PORT: String(port) }),
        ...access.environment,
      },
      secrets: mapValues(access.secrets, valueFrom),
      ...(service.command === undefined ? {} : { command: service.command }),
      ...(port === undefined ? {} : { port }),
      ...ends,
    },
    ...Object.entries(service.sidecars).map(([sidecar, spec]) => ({
      name: sidecar,
      image: site.templateImage(spec.image),
      essential: false,
      environment: { ...spec.env },
      secrets: mapValues(spec.secrets, (secret) => site.secretArn(secret)),
      ...(spec.command === undefined ? {} : { command: spec.command }),
      ...ends,
    })),
  ]
}

/** `UPLOADED_QUEUE`: where a subscriber finds the messages of topic `uploaded`. */
function subscriptions(
  site: Site,
  service: string,
): { environment: Record<string, string>; statements: Statement[] } {
  const environment: Record<string, string> = {}
  const statements: Statement[] = []
  for (const [name, { subscriber }] of Object.entries(site.system.topics)) {
    const topic = site.topics.get(name)
    if (subscriber !== service || topic === undefined) continue
    environment[`${variableStem(name)}_QUEUE`] = topic.queueUrl
    statements.push({ actions: RECEIVE, resources: [topic.queueArn] })
  }
  return { environment, statements }
}

export const RECEIVE = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:ReceiveMessage',
]

/** ARNs of the repositories of some containers, each once. */
export function repositories(site: Site, containers: readonly { readonly image: string }[]): string[] {
  return [...new Set(containers.map(({ image }) => site.repositoryArn(image)))]
}

/** Fargate runs one architecture a task; an image that has amd64 runs there. */
export function platformOf(site: Site, image: string): 'amd64' | 'arm64' {
  const spec = site.system.images[image]
  if (spec?.kind !== 'build') return 'amd64'
  return spec.platforms.includes('linux/amd64') || !spec.platforms.includes('linux/arm64') ? 'amd64' : 'arm64'
}

function alarms(site: Site, service: Service, traffic: Traffic | undefined): void {
  const { name } = service
  const stack = site.stackOf(name)
  const add = (short: string, props: Omit<ConstructorParameters<typeof Alarm>[2], 'name'>): void => {
    const alarm = new Alarm(stack, `alarm-${name}-${short}`, {
      name: `${site.prefix}-${name}-${short}`,
      ...props,
    })
    stack.target('alarms', `${name}-${short}`, alarm.name)
  }
  add('cpu', {
    description: `Service ${name} is busy over 95 % for 10 minutes`,
    namespace: 'AWS/ECS',
    metric: 'CPUUtilization',
    dimensions: [{ ClusterName: site.prefix, ServiceName: site.name('services', name) }],
    statistic: 'Average',
    above: 95,
    minutes: 10,
  })
  if (traffic === undefined) return
  const [first, ...others] = traffic.suffixes
  const series = (TargetGroup: string) => ({ LoadBalancer: site.balancer.arnSuffix, TargetGroup })
  add('5xx', {
    description: `Service ${name} answers with errors`,
    namespace: 'AWS/ApplicationELB',
    metric: 'HTTPCode_Target_5XX_Count',
    dimensions: [series(first), ...others.map(series)],
    statistic: 'Sum',
    above: 5,
  })
}

export function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}
