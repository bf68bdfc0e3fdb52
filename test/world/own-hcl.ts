/** Terraform of a team's own (`infra: { hcl: own }`) in an S3 backend: what Sluice reads of it, and the output that it is asked for. */
export function ownHclOnAws(of: {
  readonly system: string
  readonly states: string
  readonly region: string
  /** Of `output "sluice"`, beside schema, system and environment. */
  readonly targets: string
}): string {
  const { system, states, region, targets } = of
  return `terraform {
  backend "s3" {
    bucket       = "${states}"
    key          = "${system}/production/own.tfstate"
    region       = "${region}"
    use_lockfile = true
  }
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region = "${region}"
}
${sluiceOutput(system, targets)}`
}

/** The output by which every other verb finds what a stack has made. */
export function sluiceOutput(system: string, targets: string): string {
  return `output "sluice" {
  value = {
    schema = "sluice.targets/v1", system = "${system}", environment = "production"
    ${targets}
  }
}
`
}
