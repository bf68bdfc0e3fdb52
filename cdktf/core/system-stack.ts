import {
  type App,
  DefaultTokenResolver,
  GcsBackend,
  S3Backend,
  StringConcat,
  TerraformElement,
  TerraformOutput,
  TerraformStack,
  Tokenization,
} from 'cdktf'
import type { Asset } from '../../src/domain/synthesizer.ts'
import type { Targets } from '../../src/domain/targets.ts'

const RESOLVER = new DefaultTokenResolver(new StringConcat())

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
   * Finds the references to other stacks, in one pass: what a reference adds refers to its own stack alone, so the second
   * pass of cdktf's own method finds nothing and costs a third of a synthesis.
   */
  override prepareStack(): void {
    for (const element of this.node.findAll()) {
      if (!TerraformElement.isTerraformElement(element)) continue
      Tokenization.resolve(element.toTerraform(), { scope: this, resolver: RESOLVER, preparing: true })
    }
  }

  /** Writes the output; nothing is added afterwards. */
  finish(): void {
    new TerraformOutput(this, 'sluice', { value: this.#targets })
  }
}
