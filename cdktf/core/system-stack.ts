import {
  type App,
  DefaultTokenResolver,
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

export interface StateStore {
  /** Bucket that `sluice bootstrap` makes. */
  readonly bucket: string
  readonly region: string
  /** Folder of the environment's states. */
  readonly prefix: string
}

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
    const { bucket, region, prefix } = props.state
    const backend = new S3Backend(this, { bucket, region, key: `${prefix}/${name}.tfstate`, encrypt: true })
    // The bindings' type is older than the option: the lock is a conditional write beside the state.
    backend.addOverride('use_lockfile', true)
    this.addOverride('terraform.required_version', '>= 1.10')
    this.#targets = { ...props.targets }
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
