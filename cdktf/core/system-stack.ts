import { type App, GcsBackend, S3Backend, TerraformElement, TerraformOutput, TerraformStack } from 'cdktf'
import { deepMerge } from 'cdktf/lib/util.js'
import { given } from '../../src/domain/given.ts'
import type { Asset } from '../../src/domain/stacks/synthesizer.ts'
import type { Targets } from '../../src/domain/stacks/targets.ts'
import { resolved } from './resolve.ts'

/** The sections of targets.json that stacks fill. */
type Section =
  | 'services'
  | 'jobs'
  | 'workers'
  | 'functions'
  | 'buckets'
  | 'databases'
  | 'registries'
  | 'alarms'
  | 'tables'
  | 'topics'
  | 'caches'
  | 'apis'
  | 'logs'

/** Where states lie: a bucket that `sluice bootstrap` makes, and in it the folder of the environment. */
export type StateStore =
  | { readonly kind: 's3'; readonly bucket: string; readonly region: string; readonly prefix: string }
  | { readonly kind: 'gcs'; readonly bucket: string; readonly prefix: string }

export interface SystemStackProps {
  readonly state: StateStore
  /** What every part of targets.json says. */
  readonly targets: Pick<Targets, 'schema' | 'system' | 'environment'> & { readonly region?: string }
}

/**
 * A stack whose state is its own, and whose Terraform output `sluice` is what it knows of targets.json. References to
 * another stack's resources become `terraform_remote_state`.
 */
export class SystemStack extends TerraformStack {
  readonly assets: Asset[] = []
  readonly #targets: Record<string, unknown>
  readonly #parts = new Map<TerraformElement, object>()
  #overrides: Record<string, unknown> = {}

  constructor(app: App, name: string, props: SystemStackProps) {
    super(app, name)
    this.#keepState(props.state, name)
    this.addOverride('terraform.required_version', '>= 1.10')
    this.#targets = { ...props.targets }
  }

  #keepState(state: StateStore, name: string): void {
    switch (state.kind) {
      case 's3': {
        const { bucket, region, prefix } = state
        const key = `${prefix}/${name}.tfstate`
        const backend = new S3Backend(this, { bucket, region, key, encrypt: true })
        // The bindings' type is older than the option: the lock is a conditional write beside the state.
        backend.addOverride('use_lockfile', true)
        return
      }
      case 'gcs':
        // It is always locked, by an object beside the state.
        new GcsBackend(this, { bucket: state.bucket, prefix: `${state.prefix}/${name}` })
        return
      default:
        state satisfies never
    }
  }

  /** Writes one entry of targets.json: `target('services', 'api', { ... })`. */
  target<K extends Section>(section: K, name: string, value: Targets[K][string]): void {
    const known = (this.#targets[section] ?? {}) as Record<string, unknown>
    this.#targets[section] = { ...known, [name]: value }
  }

  /** The ledger has one place in the whole environment. */
  set ledger(uri: string) {
    this.#targets['ledger'] = uri
  }

  /**
   * Finds the references to other stacks and keeps what each element came to: cdktf's own way resolves every element three
   * times, which is most of a synthesis.
   */
  override prepareStack(): void {
    for (const element of this.#elements()) this.#part(element)
  }

  /** What cdktf's own method gives (a test holds it), put together from the parts. */
  override toTerraform(): Record<string, unknown> {
    const overrides = Object.keys(this.#overrides)
    const metadata = {
      version: this.node.tryGetContext('cdktfVersion') as unknown,
      stackName: this.node.id,
      backend: 'local',
      ...(overrides.length === 0 ? {} : { overrides: { stack: overrides } }),
    }
    const outputs = {}
    const whole: Record<string, unknown> = { '//': { metadata, outputs } }
    for (const element of this.#elements()) {
      // To deepMerge, undefined means: take it out.
      deepMerge(metadata, given(element.toMetadata()))
      if (TerraformOutput.isTerraformOutput(element)) deepMerge(outputs, nested(element))
      deepMerge(whole, this.#part(element))
    }
    return deepMerge(whole, this.#overrides) as Record<string, unknown>
  }

  override addOverride(path: string, value: unknown): void {
    super.addOverride(path, value)
    this.#overrides = deepMerge(this.#overrides, inside(path.split('.'), value)) as Record<string, unknown>
  }

  #elements(): TerraformElement[] {
    return this.node.findAll().filter((element) => TerraformElement.isTerraformElement(element))
  }

  /** A reference to another stack becomes one to its remote state, and adds that: resolved once, it stays so. */
  #part(element: TerraformElement): object {
    const known = this.#parts.get(element)
    if (known !== undefined) return known
    const part = resolved(this, element.toTerraform()) as object
    this.#parts.set(element, part)
    return part
  }

  /** Writes the output; nothing is added afterwards. */
  finish(): void {
    new TerraformOutput(this, 'sluice', { value: this.#targets })
  }
}

/** `{ a: { b: id } }` of an output at a/b. */
function nested(output: TerraformOutput): object {
  return inside(output.node.path.split('/'), output.friendlyUniqueId)
}

function inside(path: readonly string[], value: unknown): object {
  return path.reduceRight<unknown>((inner, part) => ({ [part]: inner }), value) as object
}
