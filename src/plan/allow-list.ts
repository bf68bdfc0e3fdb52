import { ASSET, templateFault } from './expression.ts'
import { SYNTHESIZED_DATA, SYNTHESIZED_TYPES } from './synthesized-types.ts'

/** What the stacks of an environment may name, as the trusted side knows it. */
export interface Allowed {
  /** `aws` or `google`, with its exact version; its hashes stand in the lock file of the trusted side. */
  readonly provider: { readonly name: 'aws' | 'google'; readonly source: string; readonly version: string }
  /** AWS account id or Google Cloud project. */
  readonly account: string
  /** Bucket of the states, and what their keys begin with: `shop/production`. */
  readonly states: { readonly bucket: string; readonly prefix: string }
}

/** One thing that a synthesized stack has and may not. */
export interface Violation {
  /** Path of keys: `resource.aws_s3_bucket.raw.provisioner`. */
  readonly at: string
  readonly what: string
}

type Body = Readonly<Record<string, unknown>>

/** As cdktf writes it: the one in use, which is the default. */
const WORKSPACE = `\${terraform.workspace}`
const DEEPEST = 40
const MOST = 50

/**
 * Judges the Terraform JSON that an untrusted side synthesized (promise R7): what is not known to be harmless is refused. Who
 * goes on with it writes it anew from `document`, since a key that stands twice in a text is read by the engine both times.
 */
export function violations(document: unknown, allowed: Allowed): readonly Violation[] {
  const judge = new Judge(allowed)
  judge.document(document)
  return judge.found
}

class Judge {
  readonly found: Violation[] = []
  readonly #allowed: Allowed
  #tooDeep = false

  constructor(allowed: Allowed) {
    this.#allowed = allowed
  }

  document(document: unknown): void {
    const parts: Readonly<Record<string, (body: Body, at: string) => void>> = {
      '//': () => {},
      terraform: (body) => this.#terraform(body),
      provider: (body) => this.#providers(body),
      data: (body) => this.#data(body),
      resource: (body) => this.#resources(body),
      output: (body) => this.#outputs(body),
      locals: () => {},
    }
    const body = this.#body(document, '')
    this.#texts(body, '', 0)
    // What comes after follows values as deep as they go.
    if (this.#tooDeep) return
    for (const [key, value] of Object.entries(body)) {
      const part = Object.hasOwn(parts, key) ? parts[key] : undefined
      if (key === 'moved') this.#moved(value)
      else if (part === undefined) this.#refuse(key, 'no stack of Sluice has such a block')
      else part(this.#body(value, key), key)
    }
    for (const needed of ['terraform', 'provider']) {
      if (!Object.hasOwn(body, needed))
        this.#refuse(needed, 'it is missing: the engine would choose for itself')
    }
  }

  #terraform(terraform: Body): void {
    this.#keys(terraform, ['backend', 'required_providers', 'required_version'], 'terraform')
    const { name, source, version } = this.#allowed.provider
    const wanted = { [name]: { source, version } }
    if (!equal(terraform['required_providers'], wanted)) {
      this.#refuse('terraform.required_providers', `only ${name} is allowed, ${source} at exactly ${version}`)
    }
    const backends = this.#body(terraform['backend'], 'terraform.backend')
    const [[kind, backend] = ['', undefined], ...more] = Object.entries(backends)
    if (more.length > 0) this.#refuse('terraform.backend', 'there is more than one')
    this.#state(kind, backend, `terraform.backend.${kind}`)
  }

  /** Where a state lies: ours, and nowhere else. */
  #state(kind: string, given: unknown, at: string): void {
    const { bucket, prefix } = this.#allowed.states
    const state = this.#body(given, at)
    const [known, key] =
      kind === 's3'
        ? [['bucket', 'key', 'region', 'encrypt', 'use_lockfile'], state['key']]
        : [['bucket', 'prefix'], state['prefix']]
    if (kind !== 's3' && kind !== 'gcs') this.#refuse(at, 'states lie in S3 or Cloud Storage')
    this.#keys(state, known, at)
    if (state['bucket'] !== bucket) this.#refuse(`${at}.bucket`, `states lie in ${bucket}`)
    const name = typeof key === 'string' && key.startsWith(`${prefix}/`) ? key.slice(prefix.length + 1) : ''
    if (!/^[a-z0-9][a-z0-9-]{0,62}(\.tfstate)?$/.test(name)) {
      this.#refuse(at, `states of this environment begin with ${prefix}/`)
    }
  }

  #providers(providers: Body): void {
    const { provider, account } = this.#allowed
    this.#keys(providers, [provider.name], 'provider')
    const [known, owner, wanted]: [string[], string, unknown] =
      provider.name === 'aws'
        ? [['region', 'allowed_account_ids', 'default_tags'], 'allowed_account_ids', [account]]
        : [['region', 'project', 'default_labels', 'add_terraform_attribution_label'], 'project', account]
    const given = providers[provider.name]
    const list: readonly unknown[] = Array.isArray(given) ? given : [given]
    if (list.length !== 1) this.#refuse(`provider.${provider.name}`, 'there is exactly one')
    for (const one of list) {
      const at = `provider.${provider.name}`
      const body = this.#body(one, at)
      this.#keys(body, known, at)
      if (!equal(body[owner], wanted)) this.#refuse(`${at}.${owner}`, `it has to be ${account}`)
      if (hasTemplate(body)) this.#refuse(at, 'a provider is set up by plain values')
    }
  }

  #data(data: Body): void {
    for (const [type, name, body, at] of this.#each(data, 'data')) {
      if (type === 'terraform_remote_state') {
        this.#keys(body, ['backend', 'config', 'workspace'], at)
        this.#state(String(body['backend']), body['config'], `${at}.config`)
        if ((body['workspace'] ?? WORKSPACE) !== WORKSPACE) {
          this.#refuse(`${at}.workspace`, `state ${name} is read of another workspace`)
        }
      } else if (!SYNTHESIZED_DATA.has(type)) this.#refuse(at, `data of type ${type} are not read`)
      else this.#meta(body, at)
    }
  }

  #resources(resources: Body): void {
    const { name: provider } = this.#allowed.provider
    for (const [type, , body, at] of this.#each(resources, 'resource')) {
      if (!SYNTHESIZED_TYPES.has(type) || !type.startsWith(`${provider}_`)) {
        this.#refuse(at, `Sluice makes no ${type} here`)
      }
      this.#meta(body, at)
      for (const key of ['filename', 'source']) this.#asset(type, key, body[key], `${at}.${key}`)
    }
  }

  /** Attributes by which these types read a file of the machine. */
  #asset(type: string, key: string, value: unknown, at: string): void {
    const reads =
      (type === 'aws_lambda_function' && key === 'filename') ||
      (type === 'google_storage_bucket_object' && key === 'source')
    if (!reads || value === undefined) return
    if (typeof value !== 'string' || !ASSET.test(value)) this.#refuse(at, 'it reads a file that is no asset')
  }

  /** https://developer.hashicorp.com/terraform/language/meta-arguments */
  #meta(body: Body, at: string): void {
    for (const key of [
      'provisioner',
      'connection',
      'provider',
      'providers',
      'count',
      'for_each',
      'dynamic',
    ]) {
      if (Object.hasOwn(body, key)) this.#refuse(`${at}.${key}`, `no resource of Sluice has ${key}`)
    }
    const lifecycle = body['lifecycle']
    if (lifecycle === undefined) return
    for (const one of Array.isArray(lifecycle) ? lifecycle : [lifecycle]) {
      const known = ['create_before_destroy', 'ignore_changes', 'prevent_destroy']
      this.#keys(this.#body(one, `${at}.lifecycle`), known, `${at}.lifecycle`)
    }
  }

  #outputs(outputs: Body): void {
    for (const [name, output] of Object.entries(outputs)) {
      const at = `output.${name}`
      if (!/^(sluice|cross-stack-output-[\w-]{1,300})$/.test(name))
        this.#refuse(at, 'Sluice has no such output')
      this.#keys(this.#body(output, at), ['value', 'sensitive', 'description'], at)
    }
  }

  #moved(moved: unknown): void {
    for (const one of Array.isArray(moved) ? moved : [moved]) {
      const body = this.#body(one, 'moved')
      this.#keys(body, ['from', 'to'], 'moved')
      for (const end of [body['from'], body['to']]) {
        if (typeof end !== 'string' || !/^(aws|google)_\w+\.[\w-]+$/.test(end)) {
          this.#refuse('moved', 'a resource moves within its stack')
        }
      }
    }
  }

  *#each(blocks: Body, at: string): Generator<[type: string, name: string, body: Body, at: string]> {
    for (const [type, named] of Object.entries(blocks)) {
      for (const [name, body] of Object.entries(this.#body(named, `${at}.${type}`))) {
        yield [type, name, this.#body(body, `${at}.${type}.${name}`), `${at}.${type}.${name}`]
      }
    }
  }

  /** Every text, keys too: the engine takes both for templates. */
  #texts(value: unknown, at: string, depth: number): void {
    if (depth > DEEPEST) {
      this.#tooDeep = true
      this.#refuse(at, 'it is nested too deeply')
      return
    }
    if (typeof value === 'string') this.#template(value, at)
    else if (Array.isArray(value)) {
      value.forEach((item, index) => {
        this.#texts(item, `${at}[${index}]`, depth + 1)
      })
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        const path = at === '' ? key : `${at}.${key}`
        this.#template(key, path)
        if (key === 'dynamic' && typeof item === 'object')
          this.#refuse(path, 'no resource of Sluice has dynamic')
        this.#texts(item, path, depth + 1)
      }
    }
  }

  #template(text: string, at: string): void {
    const fault = templateFault(text)
    if (fault !== undefined) this.#refuse(at, fault)
  }

  #keys(body: Body, known: readonly string[], at: string): void {
    for (const key of Object.keys(body)) {
      if (key !== '//' && !known.includes(key))
        this.#refuse(`${at}.${key}`, `known there are ${known.join(', ')}`)
    }
  }

  #body(value: unknown, at: string): Body {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Body
    this.#refuse(at, 'an object stands there')
    return {}
  }

  #refuse(at: string, what: string): void {
    if (this.found.length < MOST) this.found.push({ at: at.slice(0, 200), what: what.slice(0, 300) })
  }
}

/** Of plain JSON with keys in any order. */
function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [left, right] = [Object.entries(a), b as Body]
  return (
    left.length === Object.keys(right).length &&
    left.every(([key, value]) => Object.hasOwn(right, key) && equal(value, right[key]))
  )
}

const hasTemplate = (value: unknown): boolean => /[$%]\{/.test(JSON.stringify(value))
