import { Cloudfunctions2Function } from '@cdktf/provider-google/lib/cloudfunctions2-function/index.js'
import { StorageBucketObject } from '@cdktf/provider-google/lib/storage-bucket-object/index.js'
import { dependable, type ITerraformDependable } from 'cdktf'
import { Construct } from 'constructs'
import type { FunctionBuilder } from './function-builder.ts'

const MIB = 2 ** 20

export interface SourceFunctionProps {
  /** At most 49 characters. */
  readonly name: string
  readonly project: string
  readonly region: string
  /** In a stack before this one. */
  readonly builder: FunctionBuilder
  /** Zip with the code, in the folder of the stack. */
  readonly path: string
  /** Name that the code registers or exports. */
  readonly handler: string
  /** `nodejs22`, `python313`: https://cloud.google.com/functions/docs/runtime-support */
  readonly runtime: string
  /** Bytes. */
  readonly memory: number
  /** Milliseconds, at most an hour. */
  readonly timeout: number
  /** Address of the service account that it runs as. */
  readonly account: string
}

/** What a function is told when it starts. */
export interface Told {
  readonly environment: Readonly<Record<string, string>>
  /** Variable -> `projects/<project>/secrets/<name>`, whose newest version it is given. */
  readonly secrets: Readonly<Record<string, string>>
  /** What is waited for: the permission to read the secrets. */
  readonly after: readonly ITerraformDependable[]
}

/**
 * A function of Cloud Run, built from a folder. It is called from inside of the project alone, by who may (roles/run.invoker).
 */
export class SourceFunction extends Construct {
  /** A reference: who refers to it waits for it. */
  readonly name: string
  readonly #function: Cloudfunctions2Function
  readonly #props: SourceFunctionProps

  constructor(scope: Construct, id: string, props: SourceFunctionProps) {
    super(scope, id)
    const { name, region, builder, path } = props
    const code = new StorageBucketObject(this, 'code', {
      bucket: builder.bucket,
      // Other code is another object, and so another build.
      name: `${name}/\${filesha256("${path}")}.zip`,
      source: path,
      lifecycle: { createBeforeDestroy: true },
    })
    this.#props = props
    this.#function = new Cloudfunctions2Function(this, 'function', {
      name,
      location: region,
      buildConfig: {
        runtime: props.runtime,
        entryPoint: props.handler,
        serviceAccount: builder.serviceAccount,
        dockerRepository: builder.repository,
        source: { storageSource: { bucket: builder.bucket, object: code.name } },
      },
    })
    this.name = this.#function.name
    this.tell({ environment: {}, secrets: {}, after: [] })
  }

  /** In place of what it was told before; what it is told may refer to what is made later. */
  tell({ environment, secrets, after }: Told): void {
    const { memory, timeout, account, project } = this.#props
    this.#function.putServiceConfig({
      availableMemory: `${Math.round(memory / MIB)}Mi`,
      timeoutSeconds: Math.round(timeout / 1000),
      ingressSettings: 'ALLOW_INTERNAL_ONLY',
      allTrafficOnLatestRevision: true,
      serviceAccountEmail: account,
      environmentVariables: { ...environment },
      secretEnvironmentVariables: Object.entries(secrets).map(([key, secret]) => ({
        key,
        projectId: project,
        secret: secret.slice(secret.lastIndexOf('/') + 1),
        version: 'latest',
      })),
    })
    this.#function.dependsOn = after.map(dependable)
  }
}
