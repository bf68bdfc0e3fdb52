import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { runJob } from '../../../src/commands/train/job.ts'
import type { Run } from '../../../src/commands/train/open-run.ts'
import { openAws } from '../../../src/providers/aws/index.ts'
import type { ModelRegistry } from '../../../src/providers/ports/models.ts'
import type { Event } from '../../../src/runtime/events.ts'
import { MemoryFiles } from '../../../src/runtime/fake/files.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'
import { PROGRAMS } from '../../contract/job-engine.ts'
import { errorOf } from '../../images/registry/client.ts'
import {
  type AwsJobsWorld,
  imageOf,
  openAwsJobsWorld,
  stepOn,
  systemOf,
  targets,
} from '../../world/aws-jobs-world.ts'
import { processRunner } from '../../world/cloud-world/http/run/runs.ts'
import { KEYS, openEndpoint } from '../local/objects/s3/endpoint.ts'

const run: Run = { id: 'run-1', resumed: false, note: async () => {}, end: async () => {} }

/** What still runs. */
const running = ({ door }: AwsJobsWorld): number =>
  door.batch.running() + door.sagemaker.running() + door.ecs.running()

test.each(['batch', 'sagemaker', 'fargate', 'machines'] as const)(
  'R48 a cancel stops the job of a %s step, although it ends all other calls to AWS',
  async (kind) => {
    const runner = processRunner(300)
    const endpoint = await openEndpoint()
    await endpoint.client().send(new CreateBucketCommand({ Bucket: 'ledger' }))
    await using world = await openAwsJobsWorld({
      programs: { stubborn: { script: PROGRAMS.stubborn } },
      runner,
      clock: nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }).clock,
    })
    const cancel = new AbortController()
    const events: Event[] = []
    const emit = (event: Event): void => {
      events.push(event)
      if (event.kind === 'output') setImmediate(() => cancel.abort(new Error('cancelled by SIGINT')))
    }
    const runtime = {
      ...nodeRuntime({ emit }, { cancelled: cancel.signal }, '/', {
        AWS_ENDPOINT_URL: world.door.url,
        AWS_ENDPOINT_URL_S3: endpoint.url,
        AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
      }),
      files: new MemoryFiles({ '/state/targets.json': JSON.stringify(targets(kind, 's3://ledger/ledger')) }),
    }
    const context = { runtime, system: systemOf(kind), root: '/', state: '/state' }
    const provider = openAws(context, () => ({}) as unknown as ModelRegistry)
    const job = { step: stepOn(kind), image: imageOf('stubborn'), env: {}, fingerprint: 'f' }
    const error = await errorOf(runJob(runtime, provider.jobs, run, job))
    expect(error).toMatchObject({
      outcome: 'cancelled',
      message: 'cancelled while step train ran; its job was stopped',
    })
    expect(running(world)).toBe(0)
    await provider.close()
    await runner.close()
    await endpoint.close()
  },
  30_000,
)
