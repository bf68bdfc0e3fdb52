import { SecretManagerSecret } from '@cdktf/provider-google/lib/secret-manager-secret/index.js'
import { SecretManagerSecretVersion } from '@cdktf/provider-google/lib/secret-manager-secret-version/index.js'
import { type ITerraformDependable, TerraformStack } from 'cdktf'
import { Construct } from 'constructs'

export interface ManagedSecretProps {
  /** At most 255 letters, digits, "-" and "_". */
  readonly name: string
  readonly project: string
  /** The one region that keeps it. */
  readonly region: string
}

/**
 * A secret of Secret Manager, kept in one region. Its value is write-only: it stands in no plan and in no state. A version that
 * is taken back can be had again for a week.
 */
export class ManagedSecret extends Construct {
  /** `projects/<project>/secrets/<name>`, known before it exists. */
  readonly id: string
  /** What waits for the secret to exist. */
  readonly made: SecretManagerSecret

  constructor(scope: Construct, id: string, { name, project, region }: ManagedSecretProps) {
    super(scope, id)
    const secret = new SecretManagerSecret(this, 'secret', {
      secretId: name,
      replication: { userManaged: { replicas: [{ location: region }] } },
      versionDestroyTtl: '604800s',
    })
    this.id = `projects/${project}/secrets/${name}`
    this.made = secret
  }

  /** Its first version. `text` is an expression that is read when the version is made, and not again. */
  hold(text: string, after: readonly ITerraformDependable[]): void {
    // Write-only attributes: https://developer.hashicorp.com/terraform/language/manage-sensitive-data/write-only
    TerraformStack.of(this).addOverride('terraform.required_version', '>= 1.11')
    new SecretManagerSecretVersion(this, 'version', {
      secret: this.made.id,
      secretDataWo: text,
      secretDataWoVersion: 1,
      dependsOn: [...after],
    })
  }
}
