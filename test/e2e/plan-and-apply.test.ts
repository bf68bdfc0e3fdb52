import { appendFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { planFileSchema } from '../../src/domain/plans/plan.ts'
import { targetsSchema } from '../../src/domain/stacks/targets.ts'
import { describeReal } from '../real.ts'
import { type Deployment, openDeployment } from './deployment.ts'

const json = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'))

describeReal('plan and apply of an environment that is there', ['tofu', 'plugin protocol'], () => {
  let environment: Deployment
  let original = ''
  beforeAll(async () => {
    environment = await openDeployment('filmlens')
    await environment.bring()
    await environment.edit((text) => {
      original = text
      return text
    })
  }, 240_000)
  afterAll(() => environment[Symbol.asyncDispose]())
  /** The system as it was, and one bucket more. */
  const withBucket = (bucket: string): Promise<void> =>
    environment.edit(() => original.replace(/^buckets:$/m, `buckets:\n  ${bucket}`))

  test('R22 what a rollout moves, the next plan leaves alone, and pausing survives it', async () => {
    const { store } = environment.world
    const services = store.list('aws_ecs_service')
    expect(services.length).toBeGreaterThan(1)
    for (const { key } of services) {
      store.move('aws_ecs_service', key, {
        task_definition: 'arn:aws:ecs:us-east-1:222222222222:task-definition/released:7',
        desired_count: 3,
        deployment_configuration: [
          {
            strategy: 'CANARY',
            bake_time_in_minutes: '5',
            canary_configuration: [],
            lifecycle_hook: [],
            linear_configuration: [],
          },
        ],
      })
    }
    for (const { key, attributes } of store.list('aws_lb_listener_rule')) {
      const [action] = attributes['action'] as [object]
      store.move('aws_lb_listener_rule', key, { action: [{ ...action, order: 2 }] })
    }
    // Pausing takes the scaling along: operate suspends it.
    const suspended = [
      {
        dynamic_scaling_in_suspended: true,
        dynamic_scaling_out_suspended: true,
        scheduled_scaling_suspended: true,
      },
    ]
    for (const { key } of store.list('aws_appautoscaling_target')) {
      store.move('aws_appautoscaling_target', key, { suspended_state: suspended, min_capacity: 0 })
    }
    const plan = await environment.plan()
    const changes = plan.data['changes'] as readonly { type: string; attributes: readonly string[] }[]
    // The least number of copies is infrastructure's; everything else is the rollout's.
    expect(changes.map(({ type, attributes }) => [type, attributes])).toEqual([
      ['aws_appautoscaling_target', ['min_capacity']],
    ])
    const target = store.list('aws_appautoscaling_target')[0]
    if (target !== undefined) store.move(target.type, target.key, { min_capacity: 2 })
    const again = await environment.plan()
    expect(again).toMatchObject({ outcome: 'done', outputs: { changes: 'false' }, data: { changes: [] } })
  }, 180_000)

  test('R13 apply takes the saved plan and the configuration as they were, or nothing', async () => {
    await withBucket('probe: {}')
    const plan = await environment.plan()
    expect(plan.outputs['changes']).toBe('true')
    const [changed] = plan.data['changes'] as [{ stack: string }]
    const before = environment.world.store.list().length

    const configuration = join(environment.state, 'stacks', changed.stack, 'cdk.tf.json')
    const text = await readFile(configuration, 'utf8')
    await writeFile(configuration, text.replace('probe', 'other'))
    const other = await environment.apply()
    expect(other.outcome).toBe('stale')
    expect(other.message).toContain(`the configuration of stack ${changed.stack} is sha256:`)
    await writeFile(configuration, text)

    const file = join(environment.state, 'plans', `${changed.stack}.tfplan`)
    const bytes = await readFile(file)
    await appendFile(file, 'x')
    const tampered = await environment.apply()
    expect(tampered.outcome).toBe('stale')
    expect(tampered.message).toContain(`the plan file of stack ${changed.stack} is sha256:`)
    expect(environment.world.store.list()).toHaveLength(before)

    await writeFile(file, bytes)
    expect(await environment.apply()).toMatchObject({ outcome: 'done', data: { applied: [changed.stack] } })
    expect(environment.world.store.list().length).toBeGreaterThan(before)
  }, 180_000)

  test('R15 the same plan is not applied twice, and nothing is without one', async () => {
    await withBucket('probe: {}\n  replayed: {}')
    await environment.plan()
    expect(await environment.apply()).toMatchObject({ outcome: 'done' })
    const replayed = await environment.apply()
    expect(replayed.outcome).toBe('stale')
    expect(replayed.data['reason']).toBe('replayed')
    expect(replayed.message).toMatch(/^replayed: the plan of stack data was applied at 20/)
    await rm(join(environment.state, 'plans'), { recursive: true })
    await rm(join(environment.state, 'approval.json'))
    const unplanned = await environment.apply()
    expect(unplanned.outcome).toBe('stale')
    expect(unplanned.message).toContain('environment production has no saved plan')
  }, 180_000)

  test('R15 a plan that time has overtaken is stale, and the state is as it was', async () => {
    await withBucket('probe: {}\n  replayed: {}\n  overtaken: {}')
    const plan = await environment.plan()
    const [changed] = plan.data['changes'] as [{ stack: string }]
    // Somebody else moves the state on.
    await environment.tofu(changed.stack, 'apply', '-auto-approve', '-no-color')
    const late = await environment.apply()
    expect(late.outcome).toBe('stale')
    expect(late.message).toContain('has moved on from serial')
  }, 180_000)

  test('R5 plan.json, the summary and the events hold no value of a resource', async () => {
    const canary = 'canary-7f3a9'
    await withBucket(`${canary}: {}`)
    const { summary, data } = await environment.plan()
    const [changed] = data['changes'] as [{ stack: string }]
    const compiled = await readFile(join(environment.state, 'stacks', changed.stack, 'cdk.tf.json'), 'utf8')
    expect(compiled).toContain(`filmlens-production-${canary}`)
    const plan = planFileSchema.parse(await json(join(environment.state, 'plan.json')))
    const attributes = plan.stacks.flatMap(({ changes }) => changes.flatMap((change) => change.attributes))
    expect(attributes).toContain('bucket')
    // The name of the bucket stands in its address; what it is called in the cloud does not stand anywhere.
    const everything = JSON.stringify([plan, summary, environment.events])
    expect(everything).not.toContain(`filmlens-production-${canary}`)
  }, 180_000)
})

describeReal('a system on Google Cloud that is there', ['tofu', 'plugin protocol'], () => {
  test('R22 revisions and traffic that a rollout moves are left alone by the next plan', async () => {
    await using environment = await openDeployment('video-processing')
    await environment.bring()
    const { store } = environment.world
    const services = store.list('google_cloud_run_v2_service')
    expect(services.length).toBeGreaterThan(0)
    for (const { key, attributes } of services) {
      const [template] = attributes['template'] as [{ containers: readonly object[] }]
      const containers = template.containers.map((container) => ({ ...container, image: 'r/web@sha256:1' }))
      store.move('google_cloud_run_v2_service', key, {
        template: [{ ...template, revision: 'web-00007', containers }],
        traffic: [
          { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision: 'web-00007', percent: 100, tag: '' },
        ],
      })
    }
    const plan = await environment.plan()
    expect(plan).toMatchObject({ outcome: 'done', outputs: { changes: 'false' }, data: { changes: [] } })
  }, 180_000)
})

describeReal('a first deployment', ['tofu', 'plugin protocol'], () => {
  test('stacks that read what is not there yet are deferred; apply stops before them with code 3', async () => {
    await using environment = await openDeployment('actor-detection')
    const first = await environment.plan()
    expect(first).toMatchObject({ outcome: 'done', outputs: { changes: 'true' } })
    const states = (first.data['stacks'] as readonly { stack: string; state: string }[]).map(
      ({ state }) => state,
    )
    expect(states[0]).toBe('planned')
    expect(states).toContain('deferred')
    const applied = await environment.apply()
    expect(applied.outcome).toBe('refused')
    expect(applied.remedy).toBe('run plan and apply again')
    await environment.deploy()
    const targets = targetsSchema.parse(await json(join(environment.state, 'targets.json')))
    expect(targets).toMatchObject({
      system: 'actor-detection',
      environment: 'production',
      region: 'us-east-1',
    })
    expect(targets.ledger).toMatch(/^s3:\/\//)
    expect(Object.keys(targets.workers)).toEqual(Object.keys(environment.system.workers))
    expect((await environment.plan()).outputs['changes']).toBe('false')
  }, 240_000)
})

describeReal('an apply that is cancelled', ['tofu', 'plugin protocol'], () => {
  test('R19 the engine hears of it, ends what hangs, and its state knows what was made', async () => {
    await using environment = await openDeployment('actor-detection')
    await environment.plan()
    const { faults, store } = environment.world
    const hangs = new Promise<void>((resolve) => {
      faults.plan = (request) => {
        if (request !== 'create aws_vpc') return undefined
        resolve()
        return { kind: 'hang' }
      }
    })
    const applying = environment.apply()
    await hangs
    environment.cancel()
    expect((await applying).outcome).toBe('cancelled')
    const [stack = ''] = environment.stacks()
    const listed = await environment.tofu(stack, 'state', 'list')
    const known = listed.stdout
      .trim()
      .split('\n')
      .filter((address) => !address.startsWith('data.') && address !== '')
    expect(known).toHaveLength(store.list().length)
    // Nobody holds the lock: the engine has ended by itself.
    const unlocked = await environment.tofu(stack, 'plan', '-lock-timeout=0s', '-no-color')
    expect(unlocked.stderr).toBe('')
  }, 180_000)
})
