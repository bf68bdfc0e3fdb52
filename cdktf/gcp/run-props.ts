/** What a service, a job and a worker pool of Cloud Run have in common. */
export interface RunProps {
  /** At most 49 characters. */
  readonly name: string
  readonly location: string
  /** Address of the account that it runs as. */
  readonly account: string
}
