import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Allowed, violations } from '../../src/plan/allow-list.ts'
import { templateFault } from '../../src/plan/expression.ts'
import { SYNTHESIZED_DATA, SYNTHESIZED_TYPES } from '../../src/plan/synthesized-types.ts'

type Json = Record<string, unknown>

const AWS: Allowed = {
  provider: { name: 'aws', source: 'aws', version: '6.25.0' },
  account: '222222222222',
  states: { bucket: 'sluice-state', prefix: 'shop/production' },
}

/** A stack as Sluice makes it, with another part put in its place. */
const stack = (change: Json = {}): Json => ({
  '//': { metadata: { stackName: 'data' } },
  terraform: terraform(),
  provider: { aws: [provider()] },
  resource: { aws_s3_bucket: { raw: bucket() } },
  output: { sluice: { value: { bucket: t('aws_s3_bucket.raw.bucket') } } },
  ...change,
})
const terraform = (change: Json = {}): Json => ({
  backend: { s3: backend() },
  required_providers: { aws: { source: 'aws', version: '6.25.0' } },
  required_version: '>= 1.10',
  ...change,
})
const backend = (change: Json = {}): Json => ({
  bucket: 'sluice-state',
  key: 'shop/production/data.tfstate',
  region: 'us-east-1',
  encrypt: true,
  use_lockfile: true,
  ...change,
})
const provider = (change: Json = {}): Json => ({
  allowed_account_ids: ['222222222222'],
  region: 'us-east-1',
  default_tags: [{ tags: { a: 'b' } }],
  ...change,
})
const bucket = (change: Json = {}): Json => ({ bucket: 'shop-production-raw', ...change })
const resource = (type: string, body: Json = {}): Json => stack({ resource: { [type]: { x: body } } })
const data = (type: string, body: Json = {}): Json => stack({ data: { [type]: { x: body } } })
const attribute = (text: string): Json => resource('aws_s3_bucket', { bucket: text })
const state = (config: Json, more: Json = {}): Json =>
  data('terraform_remote_state', { backend: 's3', config, ...more })
/** A template. */
const t = (inner: string): string => `\${${inner}}`

const { use_lockfile: _, ...readable } = backend()

/** What an untrusted side could try, and where it is found. */
const HOSTILE: readonly (readonly [name: string, document: unknown, at: string])[] = [
  ['no object at all', 'x', ''],
  ['a list', [], ''],
  ['a program as data source', data('external', { program: ['sh', '-c', 'id'] }), 'data.external.x'],
  ['a call to an address', data('http', { url: 'https://evil.example' }), 'data.http.x'],
  ['a file as data source', data('local_file', { filename: '/etc/passwd' }), 'data.local_file.x'],
  [
    'a secret as data source',
    data('aws_secretsmanager_secret_version', { secret_id: 'db' }),
    'data.aws_secretsmanager_secret_version.x',
  ],
  ['a parameter as data source', data('aws_ssm_parameter', { name: '/db' }), 'data.aws_ssm_parameter.x'],
  [
    'a lambda as data source',
    data('aws_lambda_invocation', { function_name: 'f' }),
    'data.aws_lambda_invocation.x',
  ],
  [
    'a provisioner',
    resource('aws_s3_bucket', { provisioner: [{ 'local-exec': { command: 'id' } }] }),
    'resource.aws_s3_bucket.x.provisioner',
  ],
  [
    'a connection',
    resource('aws_s3_bucket', { connection: { host: 'evil' } }),
    'resource.aws_s3_bucket.x.connection',
  ],
  ['a null resource', resource('null_resource', { triggers: {} }), 'resource.null_resource.x'],
  ['terraform_data', resource('terraform_data', { input: 1 }), 'resource.terraform_data.x'],
  ['a local file', resource('local_file', { filename: '/tmp/x' }), 'resource.local_file.x'],
  ['a resource of the other cloud', resource('google_storage_bucket'), 'resource.google_storage_bucket.x'],
  ['a type nobody synthesizes', resource('aws_lambda_invocation'), 'resource.aws_lambda_invocation.x'],
  [
    'a type of the prototype',
    stack({ resource: JSON.parse('{"__proto__": {"x": {}}}') as Json }),
    'resource.__proto__.x',
  ],
  ['an upload of a file', resource('aws_s3_object', { source: '/etc/passwd' }), 'resource.aws_s3_object.x'],
  [
    'a function from outside',
    resource('aws_lambda_function', { filename: '/etc/passwd' }),
    'resource.aws_lambda_function.x.filename',
  ],
  [
    'a function from above',
    resource('aws_lambda_function', { filename: 'assets/../../x' }),
    'resource.aws_lambda_function.x.filename',
  ],
  [
    'a function from an expression',
    resource('aws_lambda_function', { filename: t('local.x') }),
    'resource.aws_lambda_function.x.filename',
  ],
  ['count', resource('aws_s3_bucket', { count: 100000 }), 'resource.aws_s3_bucket.x.count'],
  ['for_each', resource('aws_s3_bucket', { for_each: {} }), 'resource.aws_s3_bucket.x.for_each'],
  [
    'another provider of a resource',
    resource('aws_s3_bucket', { provider: 'aws.evil' }),
    'resource.aws_s3_bucket.x.provider',
  ],
  [
    'a dynamic block',
    resource('aws_s3_bucket', { tags: { dynamic: { x: {} } } }),
    'resource.aws_s3_bucket.x.tags.dynamic',
  ],
  [
    'a precondition',
    resource('aws_s3_bucket', { lifecycle: { precondition: {} } }),
    'resource.aws_s3_bucket.x.lifecycle.precondition',
  ],
  [
    'replace_triggered_by',
    resource('aws_s3_bucket', { lifecycle: [{ replace_triggered_by: [] }] }),
    'resource.aws_s3_bucket.x.lifecycle.replace_triggered_by',
  ],
  ['a module', stack({ module: { x: { source: 'git::https://evil.example/x' } } }), 'module'],
  ['a local module', stack({ module: { x: { source: './x' } } }), 'module'],
  ['a variable', stack({ variable: { AWS_SECRET_ACCESS_KEY: {} } }), 'variable'],
  ['an import', stack({ import: [{ to: 'aws_s3_bucket.x', id: 'other' }] }), 'import'],
  ['a removed block', stack({ removed: [{ from: 'aws_s3_bucket.raw' }] }), 'removed'],
  ['a check', stack({ check: { x: { data: { http: {} } } } }), 'check'],
  ['an ephemeral resource', stack({ ephemeral: { aws_secretsmanager_secret_version: {} } }), 'ephemeral'],
  [
    'another provider',
    stack({
      terraform: terraform({
        required_providers: { aws: { source: 'aws', version: '6.25.0' }, evil: { source: 'evil/evil' } },
      }),
    }),
    'terraform.required_providers',
  ],
  [
    'the provider from elsewhere',
    stack({
      terraform: terraform({
        required_providers: { aws: { source: 'evil.example/x/aws', version: '6.25.0' } },
      }),
    }),
    'terraform.required_providers',
  ],
  [
    'another version',
    stack({ terraform: terraform({ required_providers: { aws: { source: 'aws', version: '6.24.0' } } }) }),
    'terraform.required_providers',
  ],
  [
    'any version',
    stack({ terraform: terraform({ required_providers: { aws: { source: 'aws' } } }) }),
    'terraform.required_providers',
  ],
  ['no terraform block', stack({ terraform: undefined }), 'terraform'],
  ['an encryption of its own', stack({ terraform: terraform({ encryption: {} }) }), 'terraform.encryption'],
  [
    'the cloud backend',
    stack({ terraform: terraform({ cloud: { organization: 'evil' } }) }),
    'terraform.cloud',
  ],
  [
    'a backend over HTTP',
    stack({ terraform: terraform({ backend: { http: { address: 'https://evil.example' } } }) }),
    'terraform.backend.http',
  ],
  [
    'a local backend',
    stack({ terraform: terraform({ backend: { local: { path: '/etc/x' } } }) }),
    'terraform.backend.local',
  ],
  ['no backend', stack({ terraform: terraform({ backend: {} }) }), 'terraform.backend.'],
  [
    'two backends',
    stack({ terraform: terraform({ backend: { s3: backend(), gcs: {} } }) }),
    'terraform.backend',
  ],
  [
    'a backend in another bucket',
    stack({ terraform: terraform({ backend: { s3: backend({ bucket: 'evil' }) } }) }),
    'terraform.backend.s3.bucket',
  ],
  [
    'the state of another environment',
    stack({ terraform: terraform({ backend: { s3: backend({ key: 'shop/staging/data.tfstate' }) } }) }),
    'terraform.backend.s3',
  ],
  [
    'a state whose key goes up',
    stack({ terraform: terraform({ backend: { s3: backend({ key: 'shop/production/../x' }) } }) }),
    'terraform.backend.s3',
  ],
  [
    'an endpoint of the backend',
    stack({
      terraform: terraform({ backend: { s3: backend({ endpoints: { s3: 'https://evil.example' } }) } }),
    }),
    'terraform.backend.s3.endpoints',
  ],
  [
    'a profile of the backend',
    stack({ terraform: terraform({ backend: { s3: backend({ profile: 'admin' }) } }) }),
    'terraform.backend.s3.profile',
  ],
  [
    'a role of the backend',
    stack({ terraform: terraform({ backend: { s3: backend({ assume_role: {} }) } }) }),
    'terraform.backend.s3.assume_role',
  ],
  ['no provider', stack({ provider: undefined }), 'provider'],
  [
    'another account',
    stack({ provider: { aws: [provider({ allowed_account_ids: ['111111111111'] })] } }),
    'provider.aws.allowed_account_ids',
  ],
  [
    'any account',
    stack({ provider: { aws: [{ region: 'us-east-1' }] } }),
    'provider.aws.allowed_account_ids',
  ],
  [
    'an endpoint of the provider',
    stack({ provider: { aws: [provider({ endpoints: [{ s3: 'https://evil.example' }] })] } }),
    'provider.aws.endpoints',
  ],
  [
    'a profile of the provider',
    stack({ provider: { aws: [provider({ profile: 'admin' })] } }),
    'provider.aws.profile',
  ],
  [
    'a role of the provider',
    stack({ provider: { aws: [provider({ assume_role: [{ role_arn: 'x' }] })] } }),
    'provider.aws.assume_role',
  ],
  [
    'credentials from a file',
    stack({ provider: { aws: [provider({ shared_credentials_files: ['/x'] })] } }),
    'provider.aws.shared_credentials_files',
  ],
  [
    'a second provider',
    stack({ provider: { aws: [provider(), provider({ alias: 'evil' })] } }),
    'provider.aws.alias',
  ],
  [
    'a provider set up by an expression',
    stack({ provider: { aws: [provider({ region: t('local.x') })] } }),
    'provider.aws',
  ],
  [
    'a provider that is not ours',
    stack({ provider: { aws: [provider()], external: [{}] } }),
    'provider.external',
  ],
  [
    'the state of another system',
    state({ ...readable, key: 'other/production/data.tfstate' }),
    'data.terraform_remote_state.x.config',
  ],
  [
    'a state in another bucket',
    state({ ...readable, bucket: 'evil' }),
    'data.terraform_remote_state.x.config.bucket',
  ],
  [
    'a state over HTTP',
    data('terraform_remote_state', { backend: 'http', config: {} }),
    'data.terraform_remote_state.x.config',
  ],
  [
    'a state of another workspace',
    state(readable, { workspace: 'other' }),
    'data.terraform_remote_state.x.workspace',
  ],
  ['defaults of a state', state(readable, { defaults: {} }), 'data.terraform_remote_state.x.defaults'],
  ['file()', attribute(t('file("/etc/passwd")')), 'resource.aws_s3_bucket.x.bucket'],
  [
    'file() of an asset that goes up',
    attribute(t('file("assets/../../.aws/credentials")')),
    'resource.aws_s3_bucket.x.bucket',
  ],
  [
    'file() of a path that is computed',
    attribute(t('file(join("", ["/etc", "/passwd"]))')),
    'resource.aws_s3_bucket.x.bucket',
  ],
  ['templatefile()', attribute(t('templatefile("/etc/passwd", {})')), 'resource.aws_s3_bucket.x.bucket'],
  ['fileset()', attribute(t('fileset("/", "**")')), 'resource.aws_s3_bucket.x.bucket'],
  [
    'filemd5() inside of another call',
    attribute(t('join("", [filemd5("/etc/passwd")])')),
    'resource.aws_s3_bucket.x.bucket',
  ],
  ['pathexpand()', attribute(t('pathexpand("~")')), 'resource.aws_s3_bucket.x.bucket'],
  ['a function of a provider', attribute(t('provider::evil::run()')), 'resource.aws_s3_bucket.x.bucket'],
  [
    'a function with a space before its arguments',
    attribute(t('file ("/etc/passwd")')),
    'resource.aws_s3_bucket.x.bucket',
  ],
  [
    'a function after a comment',
    attribute(t('/* */ file("/etc/passwd")')),
    'resource.aws_s3_bucket.x.bucket',
  ],
  ['a variable in an expression', attribute(t('var.secret')), 'resource.aws_s3_bucket.x.bucket'],
  ['the place of the module', attribute(t('path.cwd')), 'resource.aws_s3_bucket.x.bucket'],
  ['a condition', attribute(t('true ? file("/x") : 1')), 'resource.aws_s3_bucket.x.bucket'],
  ['a loop', attribute(t('[for x in fileset("/", "*") : file(x)]')), 'resource.aws_s3_bucket.x.bucket'],
  ['a directive', attribute('%{ if true }x%{ endif }'), 'resource.aws_s3_bucket.x.bucket'],
  [
    'a template in a text in a template',
    attribute(t(`join("", ["${t("file('/x')")}"])`)),
    'resource.aws_s3_bucket.x.bucket',
  ],
  [
    'a second template in a text',
    attribute(`a ${t('aws_s3_bucket.raw.id')} ${t('file("/x")')}`),
    'resource.aws_s3_bucket.x.bucket',
  ],
  ['an escape that is none', attribute(`$$$\{file("/etc/passwd")}`), 'resource.aws_s3_bucket.x.bucket'],
  [
    'a template that does not end',
    attribute('${aws_s3_bucket.raw.id'.replace('$', '$')),
    'resource.aws_s3_bucket.x.bucket',
  ],
  [
    'an index that is computed',
    attribute(t('aws_s3_bucket.raw[file("/x")]')),
    'resource.aws_s3_bucket.x.bucket',
  ],
  [
    'a key of a map',
    resource('aws_s3_bucket', { tags: { [t('file("/x")')]: 'a' } }),
    `resource.aws_s3_bucket.x.tags.${t('file("/x")')}`,
  ],
  ['a template in locals', stack({ locals: { x: t('file("/x")') } }), 'locals.x'],
  [
    'a template in an output',
    stack({ output: { sluice: { value: t('file("/x")') } } }),
    'output.sluice.value',
  ],
  ['an output of another name', stack({ output: { secret: { value: 1 } } }), 'output.secret'],
  [
    'a precondition of an output',
    stack({ output: { sluice: { value: 1, precondition: {} } } }),
    'output.sluice.precondition',
  ],
  [
    'a move out of a module',
    stack({ moved: [{ from: 'module.x.aws_s3_bucket.a', to: 'aws_s3_bucket.b' }] }),
    'moved',
  ],
]

describe('R7 what an untrusted side synthesized', () => {
  test('is allowed as Sluice makes it', () => {
    expect(violations(stack(), AWS)).toEqual([])
    expect(violations(state(readable, { workspace: t('terraform.workspace') }), AWS)).toEqual([])
    const asset = resource('aws_lambda_function', {
      filename: 'assets/f.zip',
      source_code_hash: t('filebase64sha256("assets/f.zip")'),
    })
    expect(violations(asset, AWS)).toEqual([])
    const moved = { moved: [{ from: 'aws_s3_bucket.old', to: 'aws_s3_bucket.raw' }] }
    expect(violations(stack(moved), AWS)).toEqual([])
  })

  test.each(HOSTILE)('R7 is refused with %s', (_name, document, at) => {
    expect(violations(document, AWS).map((one) => one.at)).toContain(at)
  })

  test('R7 a text of a user is no template', () => {
    expect(violations(attribute('costs $5 {a} 100%'), AWS)).toEqual([])
    expect(violations(attribute(`$$\{file("/x")} %%{ if }`), AWS)).toEqual([])
  })

  test('R7 what is nested without end is refused, and not followed', () => {
    let deep: unknown = 'x'
    for (let i = 0; i < 50_000; i++) deep = [deep]
    expect(violations(stack({ provider: { aws: [{ region: deep }] } }), AWS)).not.toEqual([])
    expect(violations(resource('aws_s3_bucket', { tags: deep }), AWS).map(({ what }) => what)).toContain(
      'it is nested too deeply',
    )
  })
})

test('R7 whatever stands in a template: a call beyond the list is refused', () => {
  const padding = fc.stringMatching(/^[ a-z0-9_.,"()[\]]{0,20}$/)
  fc.assert(
    fc.property(
      padding,
      padding,
      fc.constantFrom('file', 'templatefile', 'fileset', 'timestamp'),
      (a, b, name) => {
        const text = t(`${a} ${name}("/etc/passwd") ${b}`)
        expect(templateFault(text)).toBeDefined()
      },
    ),
  )
})

test('R7 the list of types is what the compiler imports', () => {
  const folder = join(import.meta.dirname, '../../cdktf')
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.includes('bootstrap'),
  )
  const imported = sources.flatMap((name) => [
    ...readFileSync(join(folder, name), 'utf8').matchAll(/@cdktf\/provider-(aws|google)\/lib\/([a-z0-9-]+)/g),
  ])
  const names = new Set(imported.map(([, cloud, name = '']) => `${cloud}_${name.replaceAll('-', '_')}`))
  const made = [...names].filter((name) => !/^\w+?_(provider$|data_)/.test(name))
  expect([...SYNTHESIZED_TYPES].sort()).toEqual(made.sort())
  const read = [...names].flatMap((name) => /^\w+?_data_(\w+)$/.exec(name)?.[1] ?? [])
  expect([...SYNTHESIZED_DATA].sort()).toEqual(read.sort())
})
