import { usageError } from '../../domain/error.ts'
import { gcpPrefix } from '../../domain/names/gcp-names.ts'
import type { System } from '../../domain/system/system.ts'

/** Where an environment is on Google Cloud. */
export interface Place {
  readonly project: string
  readonly location: string
  /** Name of the bucket that the foundation makes for the ledger. */
  readonly ledgerBucket: string
}

/** @throws SluiceError usage where sluice.yml does not say it. */
export function placeOf({ name: system, environment }: Pick<System, 'name' | 'environment'>): Place {
  const { name, project, region } = environment
  if (project === undefined || region === undefined) {
    const key = project === undefined ? 'project' : 'region'
    throw usageError({
      what: `environment ${name} has no ${key}`,
      rule: 'an environment on Google Cloud says its project and its region',
      remedy: `write environments.${name}.${project === undefined ? 'project: my-project' : 'region: europe-west1'}`,
    })
  }
  const prefix = gcpPrefix({ system, environment: name })
  return { project, location: region, ledgerBucket: `${prefix}-ledger-${project}` }
}
