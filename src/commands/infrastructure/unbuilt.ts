import type { StackPlan } from '../../domain/plans/plan.ts'
import { unbuiltFunctions } from '../../plan/unbuilt.ts'

/**
 * Why a stack waits for `build`, as a sentence with what to do; undefined where every function that it makes has its image.
 *
 * @param configuration cdk.tf.json of the stack, parsed.
 */
export function unbuiltIn(
  configuration: unknown,
  { changes }: Pick<StackPlan, 'changes'>,
): string | undefined {
  const found = unbuiltFunctions(configuration, changes)
  if (found.length === 0) return undefined
  const list = found.map(({ address, image }) => `${address} would be made of ${image}`).join(', ')
  return `${list}, and this machine knows no image that was built for it: a function is made of an image that exists. Run "sluice build", and plan again where its images.json is`
}
