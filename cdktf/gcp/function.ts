import { CloudRunV2ServiceIamMember } from '@cdktf/provider-google/lib/cloud-run-v2-service-iam-member/index.js'
import { Cloudfunctions2Function } from '@cdktf/provider-google/lib/cloudfunctions2-function/index.js'
import { StorageBucketObject } from '@cdktf/provider-google/lib/storage-bucket-object/index.js'
import { Construct } from 'constructs'
import type { FunctionBuilder } from './function-builder.ts'

const MIB = 2 ** 20

export interface SourceFunctionProps {
  /** At most 49 characters. */
  readonly name: string
  readonly project: string
  readonly region: string
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
  readonly serviceAccount: string
  readonly environment: Readonly<Record<string, string>>
  /** Variable -> id of a secret, whose newest version it is given. */
  readonly secrets: Readonly<Record<string, string>>
  /** Members that may call it; nobody else may. */
  readonly callers?: readonly string[]
}

/** A function of Cloud Run, built from a folder. Only who is named may call it, and nothing outside of the project. */
export class SourceFunction extends Construct {
  readonly name: string
  /** `https://...`, of the service that runs it. */
  readonly url: string

  constructor(scope: Construct, id: string, props: SourceFunctionProps) {
    super(scope, id)
    const { name, project, region, builder, path, secrets, callers = [] } = props
    const code = new StorageBucketObject(this, 'code', {
      bucket: builder.bucket,
      // Other code is another object, and so another build.
      name: `${name}/\${filesha256("${path}")}.zip`,
      source: path,
      lifecycle: { createBeforeDestroy: true },
    })
    const made = new Cloudfunctions2Function(this, 'function', {
      name,
      location: region,
      buildConfig: {
        runtime: props.runtime,
        entryPoint: props.handler,
        serviceAccount: builder.serviceAccount,
        dockerRepository: builder.repository,
        source: { storageSource: { bucket: builder.bucket, object: code.name } },
      },
      serviceConfig: {
        availableMemory: `${Math.round(props.memory / MIB)}Mi`,
        timeoutSeconds: Math.round(props.timeout / 1000),
        ingressSettings: 'ALLOW_INTERNAL_ONLY',
        allTrafficOnLatestRevision: true,
        serviceAccountEmail: props.serviceAccount,
        environmentVariables: { ...props.environment },
        secretEnvironmentVariables: Object.entries(secrets).map(([key, secret]) => ({
          key,
          projectId: project,
          secret,
          version: 'latest',
        })),
      },
      dependsOn: [...builder.ready],
    })
    this.name = name
    this.url = made.serviceConfig.uri
    callers.forEach((member, index) => {
      new CloudRunV2ServiceIamMember(this, `caller-${index}`, {
        name: made.name,
        location: region,
        role: 'roles/run.invoker',
        member,
      })
    })
  }
}
