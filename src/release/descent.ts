/** How a commit stands to the one that is live. `unknown`: git cannot tell, as in a shallow clone. */
export type Descent = 'same' | 'newer' | 'older' | 'diverged' | 'unknown'

/**
 * An older commit never silently replaces a newer one (promise R30). Where git cannot tell, the ledger can: a commit that
 * was released before the live one is an old workflow run that somebody started again.
 */
export function isOlder(descent: Descent, releasedBefore: boolean): boolean {
  switch (descent) {
    case 'older':
      return true
    case 'unknown':
      return releasedBefore
    case 'same':
    case 'newer':
    case 'diverged':
      return false
    default:
      return descent satisfies never
  }
}
