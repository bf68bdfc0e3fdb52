import type { Stack } from '../../src/domain/stacks/synthesizer.ts'

/** What a scanner found, or what a resource says it accepts. */
export interface Finding {
  /** Folder of the stack: `filmlens/foundation`. */
  readonly stack: string
  /** Logical id; it is unique in its stack over all types. */
  readonly resource: string
  readonly check: string
  /** What the scanner says, or the reason of who accepted it. */
  readonly text: string
}

interface Resource {
  readonly '//'?: { readonly checkov?: { readonly skip?: readonly { id: string; comment: string }[] } }
}

/** What the resources of a stack accept, as cdktf/core/accept.ts wrote it. */
export function acceptedIn(stack: string, json: Stack['json']): Finding[] {
  const types = Object.values((json['resource'] ?? {}) as Record<string, Record<string, Resource>>)
  return types.flatMap((resources) =>
    Object.entries(resources).flatMap(([resource, body]) =>
      (body['//']?.checkov?.skip ?? []).map(({ id, comment }) => ({
        stack,
        resource,
        check: id,
        text: comment,
      })),
    ),
  )
}

/** Sentences about findings that nobody accepted, and about acceptances of what is not found (any more). */
export function disagreements(found: readonly Finding[], accepted: readonly Finding[]): string[] {
  const key = ({ stack, resource, check }: Finding): string => `${stack} ${resource} ${check}`
  const [foundKeys, acceptedKeys] = [new Set(found.map(key)), new Set(accepted.map(key))]
  return [
    ...found
      .filter((each) => !acceptedKeys.has(key(each)))
      .map((each) => `${key(each)} is open: ${each.text}`),
    ...accepted
      .filter((each) => !foundKeys.has(key(each)))
      .map((each) => `${key(each)} is accepted and not found: take it out (${each.text})`),
    ...accepted
      .filter(({ text }) => text.trim().split(/\s+/).length < 3)
      .map((each) => `${key(each)} has no reason`),
  ].sort()
}
