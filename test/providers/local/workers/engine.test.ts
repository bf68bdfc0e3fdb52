import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { machinesContract } from '../../../contract/machines.ts'
import { openWorld, type World } from './world.ts'

const FOREVER = 'echo at work; exec sleep 600'

let root = ''
let world: World

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'workers-'))
})
afterEach(async () => {
  world.ec2.destroy()
  await world.engine.stop()
  await rm(root, { recursive: true, force: true })
})

const template = (): string => world.endpoint.connections['detector']?.['DETECTOR_ID'] ?? ''

async function launch(token = 'one'): Promise<string> {
  const { Instances = [] } = await world.ec2.send(
    new RunInstancesCommand({
      LaunchTemplate: { LaunchTemplateId: template() },
      MinCount: 1,
      MaxCount: 1,
      ClientToken: token,
    }),
  )
  return Instances[0]?.InstanceId ?? ''
}

describe('as EC2', () => {
  beforeEach(async () => {
    world = await openWorld(root, FOREVER)
  })
  machinesContract(() => ({ ec2: world.ec2, template: template() }))

  test('the same token is the same machine; another one is refused while it runs', async () => {
    const id = await launch('one')
    expect(await launch('one')).toBe(id)
    await expect(launch('two')).rejects.toMatchObject({ name: 'InsufficientInstanceCapacity' })
    const { Reservations = [] } = await world.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
    const tags = Reservations[0]?.Instances?.[0]?.Tags ?? []
    expect(Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]))).toMatchObject({
      'sluice:system': 'films',
      'sluice:worker': 'detector',
    })
  })

  test('a launch template that is not there is refused by name', async () => {
    const command = new RunInstancesCommand({
      LaunchTemplate: { LaunchTemplateId: 'lt-0000000000000dead' },
      MinCount: 1,
      MaxCount: 1,
    })
    await expect(world.ec2.send(command)).rejects.toMatchObject({
      name: 'InvalidLaunchTemplateId.NotFound',
      message: expect.stringContaining('lt-0000000000000dead'),
    })
  })

  test('stopped, it is the same machine when it is started again', async () => {
    const id = await launch()
    await world.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }))
    expect(world.machines.all()).toMatchObject([{ state: 'stopped', machine: id }])
    await world.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }))
    expect(world.machines.all()).toMatchObject([{ state: 'running', machine: id }])
  })

  test('a request with another key, an unknown filter and an unknown operation are refused as EC2 does', async () => {
    const stranger = new EC2Client({
      endpoint: world.endpoint.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'stranger', secretAccessKey: 'stranger' },
      maxAttempts: 1,
    })
    await expect(stranger.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    })
    stranger.destroy()
    const filtered = new DescribeInstancesCommand({ Filters: [{ Name: 'vpc-id', Values: ['x'] }] })
    await launch()
    await expect(world.ec2.send(filtered)).rejects.toThrow("The filter 'vpc-id' is invalid")
  })
})

test('its script has the variables of what it connects, a folder of its own, and nothing else of this machine', async () => {
  process.env['SLUICE_CANARY'] = 'must not be seen'
  try {
    world = await openWorld(root, 'env; pwd; echo done; sleep 600', { env: { PREFIX: 'videos/' } })
    await launch()
    await world.says('done')
    const log = await world.log()
    for (const line of [
      'PREFIX=videos/',
      'RAW_BUCKET=raw',
      'AWS_ENDPOINT_URL_S3=http://127.0.0.1:1',
      'AWS_REGION=us-east-1',
    ]) {
      expect(log).toContain(line)
    }
    expect(log.join('\n')).not.toContain('SLUICE_CANARY')
    expect(log.join('\n')).not.toContain('a-key-that-is-secret')
    expect(log).toContain(join(root, '.sluice/local/cloud/workers/detector/disk'))
  } finally {
    delete process.env['SLUICE_CANARY']
  }
})

test('a script that ends takes its machine along, and says how', async () => {
  world = await openWorld(root, 'echo no; exit 7')
  await launch()
  const status = await world.until(({ state }) => state === 'terminated')
  expect(status.trouble).toBe('its script ended with exit code 7')
  expect(await launch('two')).not.toBe(status.machine)
})

test('R32 a machine without work is ended after its idle time, one that works is not', async () => {
  world = await openWorld(
    root,
    'for i in 1 2 3 4; do while :; do :; done & done; echo at work; exec sleep 600',
    { idleStop: 3000 },
  )
  await launch('busy')
  await world.says('at work')
  await new Promise((resolve) => setTimeout(resolve, 5000))
  expect(world.machines.all()).toMatchObject([{ state: 'running' }])
  await world.engine.stop()
  world.ec2.destroy()
  world = await openWorld(`${root}/other`, FOREVER, { idleStop: 1500 })
  await launch('idle')
  const { trouble } = await world.until(({ state }) => state === 'terminated')
  expect(trouble).toMatch(/^idle for /)
})

test('R32 no machine outlives its longest life, whatever it does', async () => {
  world = await openWorld(root, 'trap "" TERM; while :; do echo busy; sleep 0.1; done', { maxLifetime: 800 })
  await launch()
  const { trouble } = await world.until(({ state }) => state === 'terminated')
  expect(trouble).toMatch(/^its longest life of /)
})

test('R28 what ran when the supervisor ended is booted again as the same machine, and what was paused stays so', async () => {
  world = await openWorld(root, `echo boot >> boots; ${FOREVER}`)
  const id = await launch()
  await world.says('at work')
  await world.engine.stop()
  world.ec2.destroy()
  world = await openWorld(root, `echo boot >> boots; ${FOREVER}`)
  expect(world.machines.all()).toMatchObject([{ state: 'running', machine: id }])
  await world.machines.restore()
  const boots = join(root, '.sluice/local/cloud/workers/detector/disk/boots')
  while ((await readFile(boots, 'utf8')) !== 'boot\nboot\n') await new Promise((done) => setTimeout(done, 20))
  await world.machines.pause('detector')
  expect(world.machines.all()).toMatchObject([{ state: 'stopped', trouble: 'paused' }])
  await world.machines.restore()
  expect(world.machines.all()).toMatchObject([{ state: 'stopped' }])
  await world.machines.resume('detector')
  expect(world.machines.all()).toMatchObject([{ state: 'running', machine: id, trouble: null }])
})

test('everything that its script started ends with the machine', async () => {
  world = await openWorld(root, 'sleep 600 & echo "child $!"; wait')
  await launch()
  await world.says('child')
  const pid = Number((await world.log()).find((line) => line.startsWith('child '))?.slice('child '.length))
  expect(process.kill(pid, 0)).toBe(true)
  await world.machines.pause('detector')
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')
    if (/\) [ZX]/.test(stat)) break
    await new Promise((done) => setTimeout(done, 20))
  }
})
