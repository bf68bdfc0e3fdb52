import { LambdaEventSourceMapping } from '@cdktf/provider-aws/lib/lambda-event-source-mapping/index.js'
import type { Func } from '../../../src/domain/system/system.ts'
import { type Code, ServedFunction } from '../function.ts'
import { connect, secretNames, secretResources } from './connect.ts'
import { isInNetwork } from './foundation.ts'
import { RECEIVE } from './services.ts'
import type { Site } from './site.ts'

/** Functions, and the routes that lead to them. */
export function functions(site: Site): void {
  const { system } = site
  for (const func of Object.values(system.functions)) make(site, func)
  for (const [name, { routes }] of Object.entries(system.apis)) {
    for (const [route, func] of Object.entries(routes)) {
      const to = site.functions.get(func)
      if (to !== undefined) site.apis.get(name)?.route(route, to)
    }
  }
}

function make(site: Site, func: Func): void {
  const { account, region } = site
  const { name } = func
  const stack = site.stackOf(name)
  const isInside = isInNetwork(site, name)
  const firewall = isInside ? { firewall: site.firewall(name) } : {}
  const access = connect(site, stack, { ...func, ...firewall })
  const queues = Object.entries(site.system.topics)
    .filter(([, { subscriber }]) => subscriber === name)
    .flatMap(([topic]) => site.topics.get(topic) ?? [])
  const secrets = secretResources(access.secrets)
  const made = new ServedFunction(stack, `function-${name}`, {
    name: site.name('functions', name),
    account,
    region,
    code: codeOf(site, func),
    memory: func.memory,
    timeout: func.timeout,
    environment: { ...withoutReserved(access.environment), ...secretNames(access.secrets) },
    statements: [
      ...access.statements,
      ...(secrets.length === 0 ? [] : [{ actions: ['secretsmanager:GetSecretValue'], resources: secrets }]),
      ...(queues.length === 0
        ? []
        : [{ actions: RECEIVE, resources: queues.map((queue) => queue.queueArn) }]),
    ],
    ...(isInside
      ? {
          network: {
            subnetIds: site.network.privateSubnets.map((subnet) => subnet.id),
            securityGroupIds: [site.firewall(name).id],
          },
        }
      : {}),
  })
  site.functions.set(name, made)
  queues.forEach((queue, index) => {
    new LambdaEventSourceMapping(stack, `messages-${name}-${index}`, {
      functionName: made.aliasArn,
      eventSourceArn: queue.queueArn,
      functionResponseTypes: ['ReportBatchItemFailures'],
    })
  })
  stack.target('functions', name, { kind: 'lambda-alias', region, function: made.name, alias: made.alias })
  stack.target('logs', name, `cloudwatch:${region}:${made.logGroup}`)
}

/** Lambda sets AWS_REGION itself and refuses another one. */
function withoutReserved({ AWS_REGION: _, ...rest }: Record<string, string>): Record<string, string> {
  return rest
}

function codeOf(site: Site, func: Func): Code {
  const { name, image, source, handler, runtime } = func
  if (image !== undefined) {
    // Lambda wants an image that exists when the function is made; afterwards rollouts move it.
    return { kind: 'image', reference: site.images[image] ?? site.templateImage(image) }
  }
  const path = `assets/${name}.zip`
  site.stackOf(name).assets.push({ path, source: source ?? '.', how: 'zip' })
  return { kind: 'zip', path, handler: handler ?? 'index.handler', runtime: runtime ?? 'nodejs22.x' }
}
