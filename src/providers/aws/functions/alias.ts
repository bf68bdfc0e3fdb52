/**
 * The alias that callers use, as far as a rollout decides by it: the version that serves, and beside it at most one that is on its
 * way. Until a rollout settles the first stays the alias's own version, so that what to go back to stands in Lambda itself.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
 */
export interface Alias {
  readonly base: string
  readonly staged: { readonly version: string; readonly percent: number } | null
  /** Changes whenever the alias does. */
  readonly revisionId: string
}

/** What the alias shall be; null: it is that already. */
export type AliasChange = Pick<Alias, 'base' | 'staged'> | null

/** Some other version is on its way. */
export type Refusal = { readonly kind: 'busy'; readonly by: string }
export type AliasMove = { readonly kind: 'change'; readonly change: AliasChange } | Refusal

const change = (to: AliasChange): AliasMove => ({ kind: 'change', change: to })

/** A version beside what serves, at 0 %. */
export function stageMove({ base, staged }: Alias, version: string): AliasMove {
  if (staged !== null && staged.version !== version) return { kind: 'busy', by: staged.version }
  if (staged !== null || base === version) return change(null)
  return change({ base, staged: { version, percent: 0 } })
}

export function shiftMove({ base, staged }: Alias, version: string, percent: number): AliasMove {
  if (base === version && staged === null) return change(null)
  if (staged?.version !== version) return { kind: 'busy', by: staged?.version ?? base }
  return change(staged.percent === percent ? null : { base, staged: { version, percent } })
}

/** The version serves, and there is no way back but another rollout. */
export function settleMove({ base, staged }: Alias, version: string): AliasMove {
  if (base === version && staged === null) return change(null)
  if (staged?.version !== version || staged.percent !== 100) {
    return { kind: 'busy', by: staged?.version ?? base }
  }
  return change({ base: version, staged: null })
}

/** What somebody else has staged stays. */
export function revertMove({ base, staged }: Alias, version: string): AliasMove {
  return change(staged?.version === version ? { base, staged: null } : null)
}
