import { expect, test } from 'vitest'
import { Bindings } from './load.ts'
import { type Attribute, type Body, type Schema, typeOfAttribute } from './schema.ts'

const aws = new Bindings('aws')
const google = new Bindings('google')

function attribute({ body }: Schema, name: string): Attribute {
  const found = body.attributes.find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no ${name}`)
  return found
}

function block({ blocks }: Body, name: string) {
  const found = blocks.find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no block ${name}`)
  return found
}

const resource = (bindings: Bindings, type: string): Schema => {
  const schema = bindings.resource(type)
  if (schema === undefined) throw new Error(`there is no ${type}`)
  return schema
}

// Each line is one fact of the provider's own documentation.
test.each([
  ['aws_ecs_service', 'name', { required: true, optional: false, computed: false }],
  ['aws_ecs_service', 'arn', { required: false, optional: false, computed: true }],
  ['aws_ecs_service', 'desired_count', { required: false, optional: true, computed: false }],
  ['aws_db_instance', 'instance_class', { required: true, optional: false, computed: false }],
  ['aws_db_instance', 'engine_version', { required: false, optional: true, computed: true }],
  ['aws_security_group', 'ingress', { required: false, optional: true, computed: true }],
])('%s.%s', (type, name, flags) => {
  expect(attribute(resource(aws, type), name)).toMatchObject(flags)
})

test.each([
  ['aws_ecs_service', 'desired_count', 'number'],
  ['aws_ecs_service', 'enable_execute_command', 'bool'],
  ['aws_db_instance', 'vpc_security_group_ids', ['set', 'string']],
  ['aws_db_instance', 'domain_dns_ips', ['list', 'string']],
  ['aws_vpc', 'tags', ['map', 'string']],
  [
    'aws_acm_certificate',
    'domain_validation_options',
    [
      'set',
      [
        'object',
        {
          domain_name: 'string',
          resource_record_name: 'string',
          resource_record_type: 'string',
          resource_record_value: 'string',
        },
      ],
    ],
  ],
])('the type of %s.%s', (type, name, expected) => {
  expect(typeOfAttribute(attribute(resource(aws, type), name))).toEqual(expected)
})

test('blocks have a nesting and limits, at every depth', () => {
  const service = resource(aws, 'aws_ecs_service').body
  expect(block(service, 'network_configuration')).toMatchObject({ nesting: 'list', minItems: 0, maxItems: 1 })
  expect(block(service, 'load_balancer')).toMatchObject({ nesting: 'set', maxItems: 0 })
  expect(block(service, 'timeouts')).toMatchObject({ nesting: 'single' })
  const canary = block(block(service, 'deployment_configuration').body, 'canary_configuration')
  expect(canary.body.attributes.map(({ name }) => name)).toEqual([
    'canary_bake_time_in_minutes',
    'canary_percent',
  ])
  expect(block(resource(aws, 'aws_lb_listener').body, 'default_action')).toMatchObject({ minItems: 1 })
  const run = block(resource(google, 'google_cloud_run_v2_service').body, 'template')
  expect(run).toMatchObject({ minItems: 1, maxItems: 1 })
})

test('secrets are marked, and what is only written is', () => {
  const database = resource(aws, 'aws_db_instance')
  expect(attribute(database, 'password')).toMatchObject({ sensitive: true, writeOnly: false })
  expect(attribute(database, 'password_wo')).toMatchObject({ sensitive: true, writeOnly: true })
  expect(attribute(database, 'master_user_secret_kms_key_id')).toMatchObject({ sensitive: false })
})

test('the provider has blocks of its own', () => {
  expect(block(aws.configuration().body, 'default_tags').body.attributes.map(({ name }) => name)).toEqual([
    'tags',
  ])
})

/** Their bindings keep structures in files of their own, or leave a document open: nothing here uses them. */
const OPEN = [
  'aws_lexv2models_slot',
  'aws_medialive_channel',
  'aws_quicksight_analysis',
  'aws_quicksight_dashboard',
  'aws_quicksight_template',
  'aws_wafv2_rule_group',
  'aws_wafv2_web_acl',
  'google_container_cluster',
]

test('of a tenth of all types, every attribute has a type; of an unknown type there is no schema', () => {
  for (const bindings of [aws, google]) {
    const types = bindings.types().filter((type, index) => index % 10 === 0 && !OPEN.includes(type))
    expect(types.length).toBeGreaterThan(80)
    for (const type of types) {
      const { body } = resource(bindings, type)
      expect(body.attributes.length, type).toBeGreaterThan(0)
      expect(JSON.stringify(body), type).not.toContain('"dynamic"')
    }
  }
  expect(aws.resource('aws_time_machine')).toBeUndefined()
})
