import type { App } from 'cdktf'
import type { Stack } from '../../src/domain/synthesizer.ts'
import { SystemStack } from './system-stack.ts'

/** The stacks of an app as values, each after those that it refers to. No file is written. */
export function stacksOf(app: App): Stack[] {
  const stacks = app.node.children.filter((child) => child instanceof SystemStack)
  for (const stack of stacks) stack.finish()
  // References between stacks add outputs to the one and data sources to the other.
  for (const stack of stacks) stack.prepareStack()
  const all = stacks.map((stack) => ({
    name: stack.node.id,
    dependsOn: stack.dependencies.map((other) => other.node.id).sort(),
    json: stack.toTerraform() as Record<string, unknown>,
    assets: stack.assets,
  }))
  return inOrder(all)
}

/** Dependencies first; among equals, the order of creation. */
export function inOrder<T extends Pick<Stack, 'name' | 'dependsOn'>>(stacks: readonly T[]): T[] {
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
