/**
 * Where `apply` publishes targets.json beside the ledger, so that a rollout on another machine needs no access to any state:
 * `s3://shop-production-ledger-123456789012/sluice/targets.json`.
 *
 * @param ledger URI of the ledger; its bucket is the environment's own.
 */
export function publishedTargets(ledger: string): string {
  const bucket = /^[a-z0-9]+:\/\/[^/]+/.exec(ledger)?.[0]
  return `${bucket ?? ledger}/sluice/targets.json`
}
