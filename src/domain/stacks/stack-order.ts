/** A stack is a folder of its name. */
export function isStackName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text) && !text.includes('..')
}

interface Dependent {
  readonly name: string
  /** Names of stacks that are applied before it. */
  readonly dependsOn: readonly string[]
}

/** Dependencies first; among equals, the order in which they were given. */
export function inOrder<T extends Dependent>(stacks: readonly T[]): T[] {
  const done = new Set<string>()
  const ordered: T[] = []
  while (ordered.length < stacks.length) {
    const ready = stacks.find(({ name, dependsOn }) => !done.has(name) && dependsOn.every((n) => done.has(n)))
    if (ready === undefined) throw new Error('stacks depend on each other in a circle')
    done.add(ready.name)
    ordered.push(ready)
  }
  return ordered
}
