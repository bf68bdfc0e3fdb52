/** The buckets that hold the Terraform states of environments. `sluice bootstrap` makes them, stacks name them. */

/** One an account and region. */
export const awsStateBucket = (of: { readonly account: string; readonly region: string }): string =>
  `sluice-state-${of.account}-${of.region}`

/** One a project and location. */
export const gcpStateBucket = (of: { readonly project: string; readonly location: string }): string =>
  `sluice-state-${of.project}-${of.location}`
