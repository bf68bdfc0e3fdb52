import { expect, test } from 'vitest'
import { describeReal } from '../../../real.ts'
import { openConfiguration } from '../configuration.ts'

/** An expression of the engine's language. */
const of = (expression: string): string => `\${${expression}}`
const bucket = (attributes: object) => ({ resource: { aws_s3_bucket: { probe: attributes } } })

describeReal('the simulated provider, asked by OpenTofu', ['tofu', 'plugin protocol'], () => {
  test.each([
    [
      'an attribute that the type does not have',
      { bucket: 'b', colour: 'red' },
      'Extraneous JSON object property',
    ],
    [
      'an attribute of a block that does not have it',
      { bucket: 'b', versioning: { colour: 1 } },
      'No argument or block type is named "colour"',
    ],
    ['text where a truth value belongs', { bucket: 'b', force_destroy: 'perhaps' }, 'a bool is required'],
    ['a list where text belongs', { bucket: ['b'] }, 'string required'],
    ['two blocks where one may stand', { bucket: 'b', versioning: [{}, {}] }, 'No more than 1'],
  ])('it refuses %s', async (_, attributes, said) => {
    await using configuration = await openConfiguration(bucket(attributes))
    const { code, stdout, stderr } = await configuration.tofu('validate')
    expect(code).toBe(1)
    expect(`${stdout}${stderr}`.replace(/\s+/g, ' ')).toContain(said)
  })

  test('it refuses a resource without what it requires, at the top and in a block', async () => {
    await using configuration = await openConfiguration({
      resource: {
        aws_ecs_task_definition: { probe: { family: 'probe' } },
        aws_ecs_service: { probe: { name: 'probe', network_configuration: {} } },
      },
    })
    const { code, stdout, stderr } = await configuration.tofu('validate')
    expect(code).toBe(1)
    const said = `${stdout}${stderr}`
    expect(said).toContain('The argument "container_definitions" is required')
    expect(said).toContain('The argument "subnets" is required')
  })

  test('it refuses a type that the bindings do not have', async () => {
    await using configuration = await openConfiguration({ resource: { aws_time_machine: { probe: {} } } })
    const { code, stderr } = await configuration.tofu('validate')
    expect(code).toBe(1)
    expect(stderr).toContain('does not support resource type "aws_time_machine"')
  })

  test('it refuses a network that is not there, and a name that is taken', async () => {
    await using configuration = await openConfiguration({
      resource: { aws_subnet: { probe: { vpc_id: 'vpc-00000000000000000', cidr_block: '10.0.0.0/24' } } },
    })
    const absent = await configuration.tofu('apply', '-auto-approve')
    expect(absent.stderr).toContain("The ID 'vpc-00000000000000000' does not exist")
    await configuration.write({
      resource: { aws_s3_bucket: { one: { bucket: 'same' }, two: { bucket: 'same' } } },
    })
    const taken = await configuration.tofu('apply', '-auto-approve')
    expect(taken.code).toBe(1)
    expect(taken.stderr).toContain('BucketAlreadyOwnedByYou')
  })

  test('it refuses another account than the provider allows', async () => {
    await using configuration = await openConfiguration({
      ...bucket({ bucket: 'b' }),
      provider: { aws: { region: 'us-east-1', allowed_account_ids: ['111111111111'] } },
    })
    const { code, stderr } = await configuration.tofu('plan')
    expect(code).toBe(1)
    expect(stderr).toContain('AWS account ID not allowed: 222222222222')
  })

  test('what the cloud invents is unknown in the plan, known after the apply, and kept by a change', async () => {
    await using configuration = await openConfiguration(bucket({ bucket: 'probe' }))
    const planned = await configuration.tofu('plan')
    expect(planned.stdout).toMatch(/\+ arn +\(known after apply\)|arn += \(known after apply\)/)
    await configuration.tofu('apply', '-auto-approve')
    const made = configuration.world.store.get('aws_s3_bucket', 'probe')?.attributes
    expect(made).toMatchObject({ arn: 'arn:aws:s3:::probe', bucket_domain_name: 'probe.s3.amazonaws.com' })
    await configuration.write(bucket({ bucket: 'probe', tags: { team: 'vision' } }))
    const changed = await configuration.tofu('apply', '-auto-approve')
    expect(changed.stdout).toContain('0 added, 1 changed, 0 destroyed')
    const after = configuration.world.store.get('aws_s3_bucket', 'probe')?.attributes
    expect(after).toEqual({ ...made, tags: { team: 'vision' }, tags_all: { team: 'vision' } })
  })

  test('a change that cannot be made in place replaces, and a revision is never given twice', async () => {
    const task = (cpu: string) => ({
      resource: { aws_ecs_task_definition: { probe: { family: 'probe', cpu, container_definitions: '[]' } } },
    })
    await using configuration = await openConfiguration(task('256'))
    await configuration.tofu('apply', '-auto-approve')
    await configuration.write(task('512'))
    const replaced = await configuration.tofu('apply', '-auto-approve')
    expect(replaced.stdout).toContain('must be replaced')
    expect(configuration.world.store.list('aws_ecs_task_definition').map(({ key }) => key)).toEqual([
      'arn:aws:ecs:us-east-1:222222222222:task-definition/probe:2',
    ])
  })

  test('a resource that somebody removed is planned again', async () => {
    await using configuration = await openConfiguration(bucket({ bucket: 'probe' }))
    await configuration.tofu('apply', '-auto-approve')
    configuration.world.store.remove('aws_s3_bucket', 'probe')
    expect((await configuration.tofu('plan')).stdout).toContain('1 to add')
  })

  test('data sources of the stacks answer as the cloud would', async () => {
    await using configuration = await openConfiguration({
      data: {
        aws_availability_zones: { here: {} },
        aws_caller_identity: { me: {} },
        aws_ssm_parameter: {
          ami: { name: '/aws/service/ecs/optimized-ami/amazon-linux-2023/gpu/recommended/image_id' },
        },
        aws_route53_zone: { zone: { name: 'film.example' } },
        aws_iam_policy_document: { read: { statement: { actions: ['s3:GetObject'], resources: ['*'] } } },
      },
      output: {
        zones: { value: of('data.aws_availability_zones.here.names') },
        account: { value: of('data.aws_caller_identity.me.account_id') },
        ami: { value: of('nonsensitive(data.aws_ssm_parameter.ami.value)') },
        zone: { value: of('data.aws_route53_zone.zone.zone_id') },
        policy: { value: of('data.aws_iam_policy_document.read.json') },
      },
    })
    expect((await configuration.tofu('apply', '-auto-approve')).stderr).toBe('')
    const outputs = JSON.parse((await configuration.tofu('output', '-json')).stdout)
    expect(outputs.zones.value).toEqual(['us-east-1a', 'us-east-1b', 'us-east-1c'])
    expect(outputs.account.value).toBe('222222222222')
    expect(outputs.ami.value).toMatch(/^ami-[0-9a-f]{17}$/)
    expect(outputs.zone.value).toMatch(/^Z[0-9A-F]{13}$/)
    expect(JSON.parse(outputs.policy.value).Statement).toEqual([
      { Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['*'] },
    ])
  })

  test('a throttled request gets through on the virtual clock; one that is always throttled fails', async () => {
    await using configuration = await openConfiguration(bucket({ bucket: 'probe' }))
    const { faults, clock } = configuration.world
    const before = clock.now()
    faults.plan = (_, number) => (number === 1 ? { kind: 'throttle', times: 3 } : undefined)
    expect((await configuration.tofu('apply', '-auto-approve')).code).toBe(0)
    expect(clock.now() - before).toBe(7000)
    faults.plan = () => ({ kind: 'throttle', times: 25 })
    const failed = await configuration.tofu('destroy', '-auto-approve')
    expect(failed.stderr).toContain('ThrottlingException: Rate exceeded')
  })

  test('an answer that is lost after the effect leaves what was made outside of the state', async () => {
    await using configuration = await openConfiguration(bucket({ bucket: 'probe' }))
    configuration.world.faults.plan = (_, number) => (number === 1 ? { kind: 'lost' } : undefined)
    expect((await configuration.tofu('apply', '-auto-approve')).code).toBe(1)
    expect(configuration.world.store.get('aws_s3_bucket', 'probe')).toBeDefined()
    expect((await configuration.tofu('state', 'list')).stdout).toBe('')
    const again = await configuration.tofu('apply', '-auto-approve')
    expect(again.stderr).toContain('BucketAlreadyOwnedByYou')
  })

  test.each([
    ['before', 0],
    ['after', 1],
  ] as const)('a client that is killed %s the effect of a request never hears of it', async (when, made) => {
    await using configuration = await openConfiguration(bucket({ bucket: 'probe' }))
    const running = configuration.start('apply', '-auto-approve')
    configuration.world.faults.plan = () => ({ kind: 'kill', when })
    configuration.world.faults.kill = () => void running.then((process) => process.kill('SIGKILL'))
    expect((await (await running).ended).signal).toBe('SIGKILL')
    expect(configuration.world.store.list()).toHaveLength(made)
  })
})
