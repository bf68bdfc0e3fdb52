import { LambdaAlias } from '@cdktf/provider-aws/lib/lambda-alias/index.js'
import { LambdaFunction } from '@cdktf/provider-aws/lib/lambda-function/index.js'
import { Construct } from 'constructs'
import { accept, PROVIDER_KEY, when } from '../core/accept.ts'
import type { Statement } from '../core/policy.ts'
import { Logs } from './container.ts'
import { Role } from './role.ts'

const MIB = 2 ** 20

/** What a function runs. */
export type Code =
  | { readonly kind: 'image'; readonly reference: string }
  | {
      readonly kind: 'zip' /** In the folder of the stack. */
      readonly path: string
      readonly handler: string
      readonly runtime: string
    }

export interface FunctionProps {
  /** At most 64 characters. */
  readonly name: string
  readonly account: string
  readonly region: string
  readonly code: Code
  /** Bytes. */
  readonly memory: number
  /** Milliseconds. */
  readonly timeout: number
  readonly environment: Readonly<Record<string, string>>
  readonly statements: readonly Statement[]
  /**
   * Subnets and security groups, for what is reachable in the network alone.
   * @default outside of the network
   */
  readonly network?: { readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] }
}

/**
 * A Lambda function with the alias `live`, which callers use. An image is moved by rollouts, so later plans leave it and the
 * alias alone; code from a folder is published by apply.
 */
export class ServedFunction extends Construct {
  readonly name: string
  readonly alias = 'live'
  readonly aliasArn: string
  readonly invokeArn: string
  readonly logGroup: string

  constructor(scope: Construct, id: string, props: FunctionProps) {
    super(scope, id)
    const { name, account, region, code, network } = props
    this.logGroup = `/aws/lambda/${name}`
    const logs = new Logs(this, 'logs', { name: this.logGroup })
    const role = new Role(this, 'program', {
      name: `${name}-program`,
      service: 'lambda.amazonaws.com',
      account,
      statements: [
        {
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [`arn:aws:logs:${region}:${account}:log-group:${this.logGroup}:*`],
        },
        ...(network === undefined ? [] : NETWORK),
        ...props.statements,
      ],
    })
    const func = new LambdaFunction(this, 'function', {
      functionName: name,
      role: role.arn,
      memorySize: Math.round(props.memory / MIB),
      timeout: Math.round(props.timeout / 1000),
      publish: true,
      environment: { variables: { ...props.environment } },
      loggingConfig: { logFormat: 'JSON', logGroup: logs.group },
      tracingConfig: { mode: 'Active' },
      ...(code.kind === 'image'
        ? { packageType: 'Image', imageUri: code.reference, lifecycle: { ignoreChanges: ['image_uri'] } }
        : {
            packageType: 'Zip',
            filename: code.path,
            sourceCodeHash: `\${filebase64sha256("${code.path}")}`,
            handler: code.handler,
            runtime: code.runtime,
          }),
      ...(network === undefined
        ? {}
        : {
            vpcConfig: {
              subnetIds: [...network.subnetIds],
              securityGroupIds: [...network.securityGroupIds],
            },
          }),
    })
    accept(func, {
      CKV_AWS_115:
        'the API in front throttles; a reservation would be taken from the other functions of the account',
      CKV_AWS_116:
        'called by APIs and queues: an API answers with the error, a queue has dead letters of its own',
      ...when(network === undefined, {
        CKV_AWS_117: 'it connects nothing that stands in the network',
      }),
      CKV_AWS_173: PROVIDER_KEY,
      CKV_AWS_272: 'the state records the hash of its code, and one role may change it',
    })
    const alias = new LambdaAlias(this, 'live', {
      name: this.alias,
      functionName: func.functionName,
      functionVersion: func.version,
      ...(code.kind === 'image'
        ? { lifecycle: { ignoreChanges: ['function_version', 'routing_config'] } }
        : {}),
    })
    this.name = name
    this.aliasArn = alias.arn
    this.invokeArn = alias.invokeArn
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html: these know no single resource. */
const NETWORK: readonly Statement[] = [
  {
    actions: [
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
    ],
    resources: ['*'],
  },
]
