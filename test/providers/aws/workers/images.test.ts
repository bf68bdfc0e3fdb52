import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pinWorkers } from '../../../../src/commands/rollout/workers.ts'
import { digestOf, imageReference } from '../../../../src/domain/digest.ts'
import { targetsSchema } from '../../../../src/domain/stacks/targets.ts'
import { openWorkers } from '../../../../src/providers/aws/workers/images.ts'
import { restartScript } from '../../../../src/providers/aws/workers/restart.ts'
import { type FakeRuntime, fakeRuntime } from '../../../../src/runtime/fake/index.ts'
import type { Clock } from '../../../../src/runtime/runtime.ts'
import { shop } from '../../../world/cloud.ts'
import { openSsm, type SsmDoor } from '../../../world/cloud-world/http/ssm.ts'
import { CloudWorld } from '../../../world/cloud-world/world.ts'
import { testSession } from '../session.ts'

const NAME = '/sluice/shop/test/workers/detector/image'
const TAGS = { 'sluice:system': 'shop', 'sluice:environment': 'test', 'sluice:worker': 'detector' }
const V1 = imageReference('123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop-test/detector', digestOf('v1'))

let cloud: CloudWorld
let door: SsmDoor
let workers: ReturnType<typeof openWorkers>
/** Requests are real, so time passes with them; pauses between two looks do not. */
const clock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms > 15_000 ? ms : 1, undefined, signal === undefined ? {} : { signal }),
}
const runtime = { ...fakeRuntime(), clock: clock as FakeRuntime['clock'] }

const targets = (image?: string) =>
  targetsSchema.parse({
    schema: 'sluice.targets/v1',
    system: 'shop',
    environment: 'test',
    workers: {
      detector: {
        kind: 'ec2-worker',
        region: 'eu-west-1',
        launchTemplate: 'lt-1',
        instances: TAGS,
        ...(image === undefined ? {} : { image }),
      },
    },
    ledger: 's3://shop-test-ledger-123456789012/ledger',
  })

beforeEach(async () => {
  cloud = new CloudWorld({ account: '123456789012' })
  // What apply leaves: a tag that no image has.
  cloud.store.put({
    provider: 'aws',
    type: 'aws_ssm_parameter',
    key: NAME,
    attributes: { name: NAME, insecure_value: 'repository/detector:template' },
  })
  door = await openSsm(cloud)
  workers = open()
})
afterEach(async () => {
  workers.close()
  await door[Symbol.asyncDispose]()
})
const open = (image: string | undefined = NAME) => {
  const session = testSession({ endpoint: door.url })
  return openWorkers({ session, runtime, targets: async () => targets(image) })
}

const machine = (id: string, states: readonly string[], output = `sluice: restarted ${V1}\n`, tags = TAGS) =>
  door.machines.set(id, { tags, answer: { states, output } })

describe('the image of a worker on AWS', () => {
  test('R22 a rollout writes it into the parameter that the stack made, once, and the next plan leaves it there', async () => {
    const system = shop({ workers: { detector: { name: 'detector', image: 'detector' } } as never })
    const built = { detector: { reference: V1 } } as never
    expect(await workers.read('detector')).toBeUndefined()
    await pinWorkers({ system, runtime, provider: { workers } as never }, built)
    await pinWorkers({ system, runtime, provider: { workers } as never }, built)
    expect(await workers.read('detector')).toBe(V1)
    expect(door.requests.filter(({ name }) => name === 'PutParameter')).toHaveLength(1)
    expect(cloud.store.list('aws_ssm_parameter')).toHaveLength(1)
  })

  test('R24 who may not write it is told which permission is missing', async () => {
    door.faults = () => ({ kind: 'answer', status: 400, code: 'AccessDeniedException' })
    await expect(workers.write('detector', V1)).rejects.toMatchObject({
      outcome: 'cannot-observe',
      remedy: expect.stringContaining(
        `ssm:PutParameter on arn:aws:ssm:eu-west-1:123456789012:parameter${NAME}`,
      ),
    })
  })

  test('a worker that targets.json says nothing of is told before anything is asked', async () => {
    const script = openWorkers({
      session: testSession({ endpoint: door.url }),
      runtime,
      targets: async () => targets(),
    })
    await expect(script.write('detector', V1)).rejects.toMatchObject({ outcome: 'stale' })
    await expect(script.restart('ghost', 1000)).rejects.toMatchObject({ outcome: 'stale' })
    expect(door.requests).toEqual([])
  })
})

describe('restarting the machines of a worker in place', () => {
  beforeEach(() => workers.write('detector', V1))

  test('every machine of its own and no other begins again, and each has ended before it is said', async () => {
    machine('i-1', ['Pending', 'InProgress', 'Success'])
    machine('i-2', ['Success'])
    machine('i-9', ['Success'], '', { ...TAGS, 'sluice:worker': 'other' })
    expect(await workers.restart('detector', 120_000)).toEqual(['i-1', 'i-2'])
    const [sent] = door.requests.filter(({ name }) => name === 'SendCommand')
    expect(sent?.input['Targets']).toEqual(
      Object.entries(TAGS).map(([tag, value]) => ({ Key: `tag:${tag}`, Values: [value] })),
    )
    const parameters = JSON.stringify(sent?.input['Parameters'])
    expect(parameters).toContain('docker stop --time 120')
    expect(parameters).toContain(V1)
  })

  test('R23 of more machines than one page has, each has begun again', async () => {
    for (let i = 1; i <= 60; i++) machine(`i-${i}`, ['Success'])
    expect(await workers.restart('detector', 1_000)).toHaveLength(60)
    machine('i-60', ['Failed'], 'no room on its disk')
    await expect(workers.restart('detector', 1_000)).rejects.toThrow('i-60: Failed: no room on its disk')
  })

  test('where none runs nothing is done', async () => {
    expect(await workers.restart('detector', 120_000)).toEqual([])
  })

  test.each([
    ['Failed', 'this machine has not booted to its end'],
    ['TimedOut', ''],
    ['Undeliverable', ''],
    ['SomethingNew', ''],
    ['Success', 'but it says something else'],
    ['Success', 'sluice: restarted'],
    ['Success', `sluice: restarted repository/detector@${digestOf('v0')}`],
  ])('R23 a machine whose command is %s is a failure, with what it said', async (state, output) => {
    machine('i-1', ['Success'])
    machine('i-2', ['InProgress', state], output)
    await expect(workers.restart('detector', 1_000)).rejects.toMatchObject({
      outcome: 'external',
      message: expect.stringContaining(`i-2: ${output === '' ? state : `${state}: ${output}`}`),
    })
  })

  test.each([
    ['Undeliverable', ''],
    ['TimedOut', 'DeliveryTimedOut'],
  ])(
    'a machine to which a release does not come (%s %s) is missed, and fails nobody',
    async (state, details) => {
      machine('i-1', ['Success'])
      const answer = { states: ['Pending', state], output: '', ...(details === '' ? {} : { details }) }
      door.machines.set('i-2', { tags: TAGS, answer })
      expect(await workers.renew('detector', V1, 1_000, 2)).toEqual(['i-1'])
    },
  )

  test('R23 a machine that has taken it and does not run it fails the release', async () => {
    machine('i-1', ['Success'])
    machine('i-2', ['InProgress', 'TimedOut'], '')
    await expect(workers.renew('detector', V1, 1_000, 2)).rejects.toMatchObject({
      message: expect.stringContaining('i-2: TimedOut'),
    })
  })

  test('a worker that no release has told its image is not restarted', async () => {
    const { key } = cloud.store.list('aws_ssm_parameter')[0] ?? { key: '' }
    cloud.store.move('aws_ssm_parameter', key, { insecure_value: 'repository/detector:template', value: '' })
    await expect(workers.restart('detector', 1_000)).rejects.toMatchObject({ outcome: 'refused' })
    expect(door.requests.some(({ name }) => name === 'SendCommand')).toBe(false)
  })
})

describe('what a machine does to begin again', () => {
  /** The script under a real shell, with programs that write down how they are called. */
  function run(runs: string): { readonly code: number; readonly output: string; readonly calls: string } {
    const place = mkdtempSync(join(tmpdir(), 'sluice-restart-'))
    const program = (name: string, text: string): void =>
      writeFileSync(join(place, name), `#!/bin/sh\necho "${name} $*" >> ${place}/calls\n${text}\n`, {
        mode: 0o755,
      })
    program('docker', `case "$1" in ps) echo c0ffee;; inspect) echo "${runs}";; esac`)
    program('systemd-run', '')
    program('sleep', '')
    program('boot', '')
    const boot = '/var/lib/cloud/scripts/per-boot/sluice'
    const script = restartScript(120, V1).join('\n').replace(boot, join(place, 'boot'))
    try {
      const { status, stdout } = spawnSync('bash', ['-c', script], {
        env: { PATH: `${place}:${process.env['PATH']}` },
        encoding: 'utf8',
      })
      return { code: status ?? -1, output: stdout.trim(), calls: readFileSync(join(place, 'calls'), 'utf8') }
    } finally {
      rmSync(place, { recursive: true })
    }
  }

  test('R23 its work has time to end, then it starts anew, and says which image runs', () => {
    const { code, output, calls } = run(V1)
    expect([code, output]).toEqual([0, `sluice: restarted ${V1}`])
    const [, stop, start] = calls.split('\n')
    expect(stop).toBe('docker stop --time 120 c0ffee')
    expect(start).toContain('systemd-run')
    // Two looks: what ends at once has not begun.
    expect(calls.match(/docker inspect/g)).toHaveLength(2)
  })

  test.each([
    ['the image before', `repository/detector@${digestOf('v0')}`],
    ['nothing', ''],
  ])('R23 a machine that runs %s after its new start says that it failed', (_, runs) => {
    const { code, output } = run(runs)
    expect(code).toBe(4)
    expect(output).toBe(`it runs ${runs === '' ? 'nothing' : runs} after its new start`)
  })
})
