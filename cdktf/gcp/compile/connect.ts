import type { ITerraformDependable } from 'cdktf'
import { bug } from '../../../src/domain/error.ts'
import { TRACKING_VARIABLE, trackingOf } from '../../../src/domain/models/tracking.ts'
import { variableStem } from '../../../src/domain/name.ts'
import { gcpSecret } from '../../../src/domain/names/gcp-names.ts'
import { connectionVariable, kindOf } from '../../../src/domain/system/connections.ts'
import { DATABASE_USER } from '../../core/database-user.ts'
import { within } from '../../core/short-hash.ts'
import type { SystemStack } from '../../core/system-stack.ts'
import { allowOut } from '../network.ts'
import type { RunSecret } from '../run-template.ts'
import { accessOf, type Permitted, permit } from './permit.ts'
import type { Site } from './site.ts'
import { startWorker } from './start-worker.ts'

/** What `connects:` comes to: where things are, what may be done with them, and, as rules of the network, a way there. */
export interface Access {
  readonly environment: Record<string, string>
  readonly secrets: Record<string, RunSecret>
  /** The permissions to read these. */
  readonly reads: ITerraformDependable[]
  /** Connection names of the servers of Cloud SQL whose sockets it is given. */
  readonly sockets: string[]
  /** Its tag in the network; undefined where nothing that it reaches is inside. */
  tag: string | undefined
}

export interface Consumer extends Permitted {
  /** The pipeline of a step. */
  readonly pipeline?: string
  readonly connects: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Variable -> name in sluice.yml of a secret. */
  readonly secrets: Readonly<Record<string, string>>
  /** Cloud Run gives sockets of databases; a machine has an address in the network, whatever it connects. */
  readonly runs: 'cloud-run' | 'machine'
}

/** The one place where a connection becomes variable, permission and rule at once; all stand in the stack of who connects. */
export function connect(site: Site, stack: SystemStack, consumer: Consumer): Access {
  const access: Access = {
    environment: { GOOGLE_CLOUD_PROJECT: site.project, GOOGLE_CLOUD_REGION: site.location },
    secrets: {},
    reads: [],
    sockets: [],
    tag: consumer.runs === 'machine' ? tagOf(site, consumer.name) : undefined,
  }
  for (const name of consumer.connects) connectOne(site, stack, consumer, name, access)
  track(site, stack, consumer, access)
  for (const [variable, name] of Object.entries(consumer.secrets)) {
    access.secrets[variable] = { secret: secretId(site, name) }
  }
  const granted = new Set<string>()
  for (const [variable, { secret }] of Object.entries(access.secrets)) {
    if (granted.has(secret)) continue
    granted.add(secret)
    access.reads.push(permit(stack, consumer, `reads-${variable.toLowerCase()}`, { on: 'secret', secret }))
  }
  // What the file says itself comes last, as on every cloud.
  Object.assign(access.environment, consumer.env)
  return access
}

/**
 * Services and steps are told where MLflow is, as on every cloud, if everybody may call it: its clients send no token of Google,
 * so a service with internal ingress would refuse them.
 */
function track(site: Site, stack: SystemStack, { name, pipeline }: Consumer, { environment }: Access): void {
  const { services } = site.system
  const owner = pipeline ?? (Object.hasOwn(services, name) ? name : undefined)
  const registry = owner === undefined ? undefined : trackingOf(site.system, owner)
  if (registry === undefined) return
  const service = services[registry]
  if (service === undefined) environment[TRACKING_VARIABLE] = registry
  else if (service.public) environment[TRACKING_VARIABLE] = addressOf(site, stack, 'services', registry)
}

/** A secret that the team keeps in Secret Manager itself. */
export function secretId(site: Site, name: string): string {
  return `projects/${site.project}/secrets/${gcpSecret(name)}`
}

/** The network tag of who connects. */
export function tagOf(site: Site, name: string): string {
  return within(`${site.prefix}-${name.replaceAll(/[^a-z0-9]+/g, '-')}`, 63)
}

function connectOne(site: Site, stack: SystemStack, consumer: Consumer, name: string, access: Access): void {
  const kind = kindOf(site.system, name)
  const { environment, secrets, sockets } = access
  const { location, project } = site
  switch (kind) {
    case 'databases': {
      const database = found(site.databases.get(name), name)
      const isRun = consumer.runs === 'cloud-run'
      environment[connectionVariable(kind, name, 'HOST')] = isRun
        ? `/cloudsql/${database.connectionName}`
        : database.host
      environment[connectionVariable(kind, name, 'PORT')] = String(database.port)
      environment[connectionVariable(kind, name, 'USER')] = DATABASE_USER
      environment[connectionVariable(kind, name, 'DATABASE')] = database.database
      secrets[connectionVariable(kind, name, 'PASSWORD')] = { secret: database.secret.id }
      // The socket's other end speaks to the server on this port, with a certificate for the account.
      open(
        site,
        stack,
        consumer,
        { to: name, address: database.host, port: isRun ? 3307 : database.port },
        access,
      )
      if (!isRun) return
      sockets.push(database.connectionName)
      const server = `projects/${project}/instances/${site.name(kind, name)}`
      permit(stack, consumer, `connects-${name}`, {
        on: 'project',
        project,
        role: 'roles/cloudsql.client',
        only: {
          title: `server ${site.name(kind, name)}`,
          expression: `resource.name == "${server}" && resource.service == "sqladmin.googleapis.com"`,
        },
      })
      return
    }
    case 'caches': {
      const cache = found(site.caches.get(name), name)
      environment[connectionVariable(kind, name, 'URL')] = cache.url
      environment[`${variableStem(name)}_CA`] = cache.authority
      open(site, stack, consumer, { to: name, address: cache.host, port: cache.port }, access)
      return
    }
    case 'buckets': {
      const bucket = site.name(kind, name)
      environment[connectionVariable(kind, name, 'BUCKET')] = bucket
      environment[connectionVariable(kind, name, 'URI')] = `gs://${bucket}`
      permit(stack, consumer, `uses-${name}`, { on: 'bucket', bucket, may: 'write' })
      site.after(stack, name)
      return
    }
    case 'topics': {
      const topic = found(site.topics.get(name), name)
      environment[connectionVariable(kind, name, 'TOPIC')] = topic.id
      permit(stack, consumer, `publishes-${name}`, { on: 'topic', topic: topic.id })
      return
    }
    case 'functions':
    case 'services': {
      const callable = site.callables.get(name)
      const url = addressOf(site, stack, kind, name)
      if (kind === 'services') environment[connectionVariable(kind, name, 'URL')] = url
      else {
        environment[connectionVariable(kind, name, 'NAME')] = site.name(kind, name)
        environment[`${variableStem(name)}_URL`] = url
      }
      if (site.system.services[name]?.public === true || callable === undefined) return
      // Found in the network alone, and by who proves to be allowed.
      access.tag ??= tagOf(site, consumer.name)
      const isBeside = site.stackOf(name) === stack
      permit(stack, consumer, `calls-${name}`, {
        on: 'service',
        service: isBeside ? callable.name : site.name(kind, name),
        location,
      })
      site.after(stack, name)
      return
    }
    case 'workers': {
      const worker = found(site.workers.get(name), name)
      environment[connectionVariable(kind, name, 'ID')] = worker.templateId
      startWorker(site, stack, consumer, name, worker)
      return
    }
    case 'apis':
    case 'tables':
      throw bug(`${consumer.name} connects ${name}, and Google Cloud carries no ${kind}`)
    case undefined:
      throw bug(`${consumer.name} connects ${name}, which passed the checks and does not exist`)
    default:
      kind satisfies never
  }
}

/** The URL that callers use. */
export function addressOf(
  site: Site,
  stack: SystemStack,
  kind: 'services' | 'functions',
  name: string,
): string {
  const service = kind === 'services' ? site.system.services[name] : undefined
  return service?.domain === undefined ? site.urlOf(stack, kind, name) : `https://${service.domain}`
}

function open(
  site: Site,
  stack: SystemStack,
  consumer: Consumer,
  target: { readonly to: string; readonly address: string; readonly port: number },
  access: Access,
): void {
  const tag = access.tag ?? tagOf(site, consumer.name)
  access.tag = tag
  allowOut(accessOf(stack, consumer.name), `to-${target.to}`, {
    name: within(`${tag}-to-${target.to.replaceAll(/[^a-z0-9]+/g, '-')}`, 63),
    network: site.network.id,
    from: tag,
    to: `${target.address}/32`,
    port: target.port,
    why: `${consumer.name} connects ${target.to}`,
  })
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw bug(`${name} is connected before it is made`)
  return value
}
