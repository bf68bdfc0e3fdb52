import type { App } from 'cdktf'
import { inOrder } from '../../src/domain/stacks/stack-order.ts'
import type { Stack } from '../../src/domain/stacks/synthesizer.ts'
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
