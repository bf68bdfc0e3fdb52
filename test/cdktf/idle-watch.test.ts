import { expect, test } from 'vitest'
import { idleWatch } from '../../cdktf/aws/idle-watch.ts'
import { type AgentTask, IdleMachine } from './idle-machine.ts'
import { one, stacks } from './stack.ts'

const MINUTE = 60_000
/** Minutes, few because Bash takes its own time for each. */
const IDLE = 3
const LIFETIME = 8
const LEAVES = expect.stringMatching(
  /--aws-sigv4 aws:amz:us-east-1:autoscaling .*Action=TerminateInstanceInAutoScalingGroup .*ShouldDecrementDesiredCapacity=true -d InstanceId=i-1 https:\/\/autoscaling\.us-east-1\.amazonaws\.com\/$/,
)

const all = await stacks(
  'pipelines: { p: { steps: { train: { image: app, engine: ecs, gpu: 1, timeout: 2h } } } }',
)
const text = all
  .flatMap(({ json }) => Object.values((json['locals'] ?? {}) as Record<string, string>))
  .find((local) => local.includes('ECS_CLUSTER'))

const SHORT = [
  '#!/bin/bash',
  ...idleWatch({ region: 'us-east-1', lifetime: LIFETIME * MINUTE, idle: IDLE * MINUTE }),
]

function booted(boot = SHORT.join('\n')): IdleMachine {
  const machine = new IdleMachine(boot)
  machine.boot()
  return machine
}

const task = (id: string, status: AgentTask['status'] = 'RUNNING'): AgentTask => ({ id, status })

test('R32 a machine of a cluster has its dead-man timer before anything else, and joins the cluster', () => {
  if (text === undefined) throw new Error('no machine has a boot script')
  expect(text.split('\n').slice(0, 2)).toEqual([
    '#!/bin/bash',
    expect.stringMatching(/^systemd-run --unit=sluice-deadline-/),
  ])
  using machine = booted(text)
  expect(machine.timers()).toEqual([
    // The step's two hours, twenty minutes for its place, and half an hour.
    ['sluice-deadline-boot', 170 * 60, 0],
    ['sluice-idle', 60, 60],
  ])
  expect(machine.read('root/opt/sluice/idle')).toContain('[ $idle -lt 30 ] ||')
  expect(machine.read('root/etc/ecs/ecs.config')).toContain('ECS_CLUSTER=films-test')
  expect(one(all, 'aws_launch_template')['instance_initiated_shutdown_behavior']).toBe('terminate')
})

test('R32 a machine without a task ends after its idle time, and its group is smaller by it', () => {
  using machine = booted()
  machine.agent([])
  machine.pass(IDLE - 1)
  expect(machine.off).toBe(false)
  machine.pass(1)
  expect(machine.off).toBe(true)
  expect(machine.calls).toEqual([LEAVES])
  expect(machine.keys).toBe('user = "ASIA1:s/e+c"\nheader = "x-amz-security-token: t=="\n')
})

test('R5 keys of a machine stand on no command line', () => {
  using machine = booted()
  machine.agent([])
  machine.pass(IDLE)
  expect(machine.calls.join()).not.toMatch(/ASIA1|s\/e|t==/)
})

test('R32 a machine whose agent never says a word ends with its first deadline', () => {
  using machine = booted()
  machine.pass(LIFETIME - 1)
  expect(machine.off).toBe(false)
  machine.pass(1)
  expect(machine.off).toBe(true)
})

test('R32 a machine whose agent falls silent, or runs one task for ever, ends with the deadline of that task', () => {
  for (const then of [undefined, [task('a')]]) {
    using machine = booted()
    machine.agent([])
    machine.pass(2)
    machine.agent([task('a')])
    machine.pass(2)
    machine.agent(then)
    machine.pass(LIFETIME - 2)
    expect(machine.off).toBe(false)
    machine.pass(2)
    expect(machine.off).toBe(true)
    expect(machine.calls).toEqual([LEAVES])
  }
})

test('R34 a machine that is busy with one task after another is left, however old it is', () => {
  using machine = booted()
  for (let number = 0; number < 3; number++) {
    machine.agent([task('old', 'STOPPED'), task(`t${number}`, 'PENDING')])
    machine.pass(2)
    machine.agent([task(`t${number}`)])
    machine.pass(4)
    machine.agent([task(`t${number}`, 'STOPPED')])
    machine.pass(IDLE - 1)
    expect(machine.timers().filter(([name]) => name.startsWith('sluice-deadline'))).toHaveLength(1)
  }
  expect(machine.minute).toBeGreaterThan(2 * LIFETIME)
  expect(machine.off).toBe(false)
  machine.pass(1)
  expect(machine.off).toBe(true)
})

test('R32 an end whose call goes wrong switches the machine off all the same', () => {
  using machine = booted()
  machine.write('no-metadata', '')
  machine.agent([])
  machine.pass(IDLE)
  expect(machine.off).toBe(true)
})

test('R32 a watch that is killed between its timers leaves a deadline that the next one clears', () => {
  using machine = booted()
  machine.agent([task('a')])
  // The new deadline is there, the old one not yet taken away, and nothing written down.
  machine.run(['systemd-run', '--unit=sluice-deadline-7', '--on-active=60', 'true'])
  machine.pass(1)
  const deadlines = machine.timers().filter(([name]) => name.startsWith('sluice-deadline'))
  expect(deadlines.map(([, at]) => at)).toEqual([(1 + LIFETIME) * 60])
})

test('R32 a machine that starts again has its timers again', () => {
  using machine = booted()
  expect(machine.read('root/var/lib/cloud/scripts/per-boot/sluice')).toBe(machine.read('boot'))
})
