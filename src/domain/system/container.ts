import type { Named } from '../named.ts'

/** What every container has. */
export interface Container {
  readonly image: string
  readonly command?: readonly string[]
  readonly env: Named<string>
  /** Environment variable -> name of the secret in the cloud's secret store. */
  readonly secrets: Named<string>
}

export interface Size {
  /** vCPU. */
  readonly cpu: number
  readonly memory: number
}
