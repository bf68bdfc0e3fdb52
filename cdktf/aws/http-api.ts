import { Apigatewayv2Api } from '@cdktf/provider-aws/lib/apigatewayv2-api/index.js'
import { Apigatewayv2Integration } from '@cdktf/provider-aws/lib/apigatewayv2-integration/index.js'
import { Apigatewayv2Route } from '@cdktf/provider-aws/lib/apigatewayv2-route/index.js'
import { Apigatewayv2Stage } from '@cdktf/provider-aws/lib/apigatewayv2-stage/index.js'
import { LambdaPermission } from '@cdktf/provider-aws/lib/lambda-permission/index.js'
import { Construct } from 'constructs'
import { accept } from '../core/accept.ts'
import { Logs } from './container.ts'
import type { ServedFunction } from './function.ts'

export interface HttpApiProps {
  readonly name: string
  /**
   * Answers browsers of other origins.
   * @default false
   */
  readonly cors?: boolean
  /**
   * Reachable under its domain alone.
   * @default false
   */
  readonly onlyDomain?: boolean
}

/** An HTTP API of API Gateway in front of functions. Every request is logged. */
export class HttpApi extends Construct {
  readonly id: string
  readonly url: string
  readonly stage: string
  readonly logGroup: string
  readonly #executionArn: string
  readonly #integrations = new Map<ServedFunction, Apigatewayv2Integration>()

  constructor(scope: Construct, id: string, { name, cors = false, onlyDomain = false }: HttpApiProps) {
    super(scope, id)
    const api = new Apigatewayv2Api(this, 'api', {
      name,
      protocolType: 'HTTP',
      disableExecuteApiEndpoint: onlyDomain,
      ...(cors
        ? {
            corsConfiguration: { allowOrigins: ['*'], allowMethods: ['*'], allowHeaders: ['*'], maxAge: 600 },
          }
        : {}),
    })
    this.logGroup = `/apis/${name}`
    const logs = new Logs(this, 'logs', { name: this.logGroup })
    const fields = ['requestId', 'httpMethod', 'path', 'status', 'responseLatency', 'integrationErrorMessage']
    this.stage = new Apigatewayv2Stage(this, 'stage', {
      apiId: api.id,
      name: '$default',
      autoDeploy: true,
      accessLogSettings: {
        destinationArn: logs.arn,
        format: JSON.stringify(Object.fromEntries(fields.map((field) => [field, `$context.${field}`]))),
      },
      defaultRouteSettings: {
        throttlingBurstLimit: 200,
        throttlingRateLimit: 100,
        detailedMetricsEnabled: true,
      },
    }).id
    this.id = api.id
    this.url = api.apiEndpoint
    this.#executionArn = api.executionArn
  }

  /** `route('GET /get-video', fn)`. */
  route(route: string, to: ServedFunction): void {
    let integration = this.#integrations.get(to)
    if (integration === undefined) {
      integration = new Apigatewayv2Integration(this, `to-${to.node.id}`, {
        apiId: this.id,
        integrationType: 'AWS_PROXY',
        integrationUri: to.invokeArn,
        payloadFormatVersion: '2.0',
      })
      new LambdaPermission(this, `may-${to.node.id}`, {
        action: 'lambda:InvokeFunction',
        functionName: to.name,
        qualifier: to.alias,
        principal: 'apigateway.amazonaws.com',
        sourceArn: `${this.#executionArn}/*/*`,
      })
      this.#integrations.set(to, integration)
    }
    const served = new Apigatewayv2Route(this, `route-${route.replaceAll('/', '|')}`, {
      apiId: this.id,
      routeKey: route,
      target: `integrations/${integration.id}`,
    })
    accept(served, { CKV_AWS_309: 'the function decides who may call it' })
  }
}
