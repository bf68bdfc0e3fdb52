import type { Construct } from 'constructs'
import { bug } from '../../../src/domain/error.ts'
import { TRACKING_VARIABLE, trackingOf } from '../../../src/domain/models/tracking.ts'
import { connectionVariable, kindOf } from '../../../src/domain/system/connections.ts'
import type { Service } from '../../../src/domain/system/system.ts'
import { DATABASE_USER } from '../../core/database-user.ts'
import type { Statement } from '../../core/policy.ts'
import { allow, type Firewall } from '../firewall.ts'
import type { Site } from './site.ts'

/** A secret that a program is given: its ARN, and the key inside it, if it is JSON. */
export interface SecretRef {
  readonly arn: string
  readonly key?: string
}

/** What `connects:` comes to: where things are, what may be done with them, and, as rules of the network, a way there. */
export interface Access {
  readonly environment: Record<string, string>
  readonly secrets: Record<string, SecretRef>
  readonly statements: Statement[]
}

export interface Consumer {
  readonly name: string
  readonly connects: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Variable -> name in Secrets Manager. */
  readonly secrets: Readonly<Record<string, string>>
  /** Absent: outside of the network. */
  readonly firewall?: Firewall
}

/** The one place where a connection becomes variable, permission and rule at once; rules stand in the stack of who connects. */
export function connect(site: Site, scope: Construct, consumer: Consumer): Access {
  const access: Access = {
    environment: { AWS_REGION: site.region },
    secrets: Object.fromEntries(
      Object.entries(consumer.secrets).map(([key, name]) => [key, { arn: site.secretArn(name) }]),
    ),
    statements: [],
  }
  for (const name of consumer.connects) connectOne(site, scope, consumer, name, access)
  track(site, scope, consumer, access)
  // What the file says itself comes last, as on every cloud.
  Object.assign(access.environment, consumer.env)
  return access
}

/** Models of MLflow are found without a connection of their own, by services and steps, as on cloud local. */
function track(site: Site, scope: Construct, consumer: Consumer, access: Access): void {
  const { services, pipelines } = site.system
  const { name } = consumer
  const isInside = Object.hasOwn(services, name)
  const registry = isInside || Object.hasOwn(pipelines, name) ? trackingOf(site.system, name) : undefined
  if (registry === undefined) return
  const service = services[registry]
  if (service === undefined) {
    access.environment[TRACKING_VARIABLE] = registry
    return
  }
  const uri = urlOfService(service, isInside)
  if (uri === undefined) return
  access.environment[TRACKING_VARIABLE] = uri
  if (!isInside || service.port === undefined) return
  open(site, scope, consumer, registry, service.port)
}

/** Services find each other inside of the cluster; all others come through the load balancer, if it leads there. */
function urlOfService({ name, port, domain }: Service, isInside: boolean): string | undefined {
  if (isInside) return `http://${name}:${port}`
  return domain === undefined ? undefined : `https://${domain}`
}

function connectOne(site: Site, scope: Construct, consumer: Consumer, name: string, access: Access): void {
  const kind = kindOf(site.system, name)
  const { environment, secrets, statements } = access
  switch (kind) {
    case 'databases': {
      const database = found(site.databases.get(name), name)
      environment[connectionVariable(kind, name, 'HOST')] = database.host
      environment[connectionVariable(kind, name, 'PORT')] = String(database.port)
      environment[connectionVariable(kind, name, 'USER')] = DATABASE_USER
      environment[connectionVariable(kind, name, 'DATABASE')] = database.database
      secrets[connectionVariable(kind, name, 'PASSWORD')] = { arn: database.secretArn, key: 'password' }
      open(site, scope, consumer, name, database.port)
      return
    }
    case 'caches': {
      const cache = found(site.caches.get(name), name)
      environment[connectionVariable(kind, name, 'URL')] = cache.url
      open(site, scope, consumer, name, cache.port)
      return
    }
    case 'buckets': {
      const bucket = site.name(kind, name)
      environment[connectionVariable(kind, name, 'BUCKET')] = bucket
      environment[connectionVariable(kind, name, 'URI')] = `s3://${bucket}`
      statements.push(...readBucket(bucket), ...writeBucket(bucket))
      return
    }
    case 'tables': {
      const table = site.name(kind, name)
      const arn = `arn:aws:dynamodb:${site.region}:${site.account}:table/${table}`
      environment[connectionVariable(kind, name, 'TABLE')] = table
      statements.push({ actions: TABLE, resources: [arn, `${arn}/index/*`] })
      return
    }
    case 'topics': {
      const { topicArn } = found(site.topics.get(name), name)
      environment[connectionVariable(kind, name, 'TOPIC')] = topicArn
      statements.push({ actions: ['sns:Publish'], resources: [topicArn] })
      return
    }
    case 'functions': {
      const func = site.name(kind, name)
      environment[connectionVariable(kind, name, 'NAME')] = `${func}:live`
      const arn = `arn:aws:lambda:${site.region}:${site.account}:function:${func}:live`
      statements.push({ actions: ['lambda:InvokeFunction'], resources: [arn] })
      return
    }
    case 'apis':
      environment[connectionVariable(kind, name, 'URL')] = urlOfApi(site, name)
      return
    case 'workers': {
      const worker = found(site.workers.get(name), name)
      environment[connectionVariable(kind, name, 'ID')] = worker.launchTemplateId
      statements.push(...startWorker(site, worker.launchTemplateId, worker.roleArn))
      return
    }
    case 'services': {
      const service = found(site.system.services[name], name)
      const isInside = Object.hasOwn(site.system.services, consumer.name)
      environment[connectionVariable(kind, name, 'URL')] = found(urlOfService(service, isInside), name)
      if (isInside && service.port !== undefined) open(site, scope, consumer, name, service.port)
      return
    }
    case undefined:
      throw bug(`${consumer.name} connects ${name}, which passed the checks and does not exist`)
    default:
      kind satisfies never
  }
}

/** The URL that callers use. */
export function urlOfApi(site: Site, name: string): string {
  const domain = site.system.apis[name]?.domain
  return domain === undefined ? found(site.apis.get(name), name).url : `https://${domain}`
}

export function readBucket(bucket: string, path = ''): Statement[] {
  return [
    { actions: ['s3:GetObject', 's3:GetObjectVersion'], resources: [`arn:aws:s3:::${bucket}/${path}*`] },
    { actions: ['s3:ListBucket', 's3:GetBucketLocation'], resources: [`arn:aws:s3:::${bucket}`] },
  ]
}

export function writeBucket(bucket: string, path = ''): Statement[] {
  return [
    {
      actions: ['s3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      resources: [`arn:aws:s3:::${bucket}/${path}*`],
    },
  ]
}

const TABLE = [
  'dynamodb:BatchGetItem',
  'dynamodb:BatchWriteItem',
  'dynamodb:ConditionCheckItem',
  'dynamodb:DeleteItem',
  'dynamodb:DescribeTable',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'dynamodb:Scan',
  'dynamodb:UpdateItem',
]

/** RunInstances of this template alone; https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html */
function startWorker(site: Site, template: string, roleArn: string): Statement[] {
  const ec2 = (path: string): string => `arn:aws:ec2:${site.region}:${site.account}:${path}`
  const templateArn = ec2(`launch-template/${template}`)
  return [
    {
      actions: ['ec2:RunInstances'],
      resources: ['*'],
      conditions: {
        ArnEquals: { 'ec2:LaunchTemplate': templateArn },
        Bool: { 'ec2:IsLaunchTemplateResource': 'true' },
      },
    },
    { actions: ['ec2:DescribeInstances'], resources: ['*'] },
    { actions: ['ssm:GetParameters'], resources: [`arn:aws:ssm:${site.region}::parameter/aws/service/*`] },
    {
      actions: ['ec2:CreateTags'],
      resources: [ec2('instance/*'), ec2('volume/*')],
      conditions: { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
    },
    {
      actions: ['iam:PassRole'],
      resources: [roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    },
  ]
}

function open(site: Site, scope: Construct, consumer: Consumer, to: string, port: number): void {
  if (consumer.firewall === undefined)
    throw bug(`${consumer.name} connects ${to} from outside of the network`)
  const id = `${consumer.name}-to-${to}`
  // Several steps of a pipeline share one firewall.
  if (scope.node.tryFindChild(id) !== undefined) return
  allow(scope, id, {
    from: consumer.firewall,
    to: site.firewall(to),
    port,
    why: `${consumer.name} connects ${to}`,
  })
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw bug(`${name} is connected before it is made`)
  return value
}

/** What ECS and Batch take: the ARN, and the key as `:key::`. */
export function valueFrom({ arn, key }: SecretRef): string {
  return key === undefined ? arn : `${arn}:${key}::`
}

/** The secrets themselves, each once, as policies name them: a name's ARN ends with six random characters. */
export function secretResources(secrets: Readonly<Record<string, SecretRef>>): string[] {
  return [
    ...new Set(Object.values(secrets).map(({ arn, key }) => (key === undefined ? `${arn}-??????` : arn))),
  ]
}

/** Lambda and SageMaker hand over no secrets: `X` becomes `X_SECRET`, the ARN that the program reads, and `X_SECRET_KEY` inside it. */
export function secretNames(secrets: Readonly<Record<string, SecretRef>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secrets).flatMap(([name, { arn, key }]) => [
      [`${name}_SECRET`, arn],
      ...(key === undefined ? [] : [[`${name}_SECRET_KEY`, key]]),
    ]),
  )
}
