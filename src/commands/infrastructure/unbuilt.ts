import { join } from 'node:path'
import { type Problem, SluiceError } from '../../domain/error.ts'
import type { StackPlan } from '../../domain/plan.ts'
import { unbuiltFunctions } from '../../plan/unbuilt.ts'
import { message } from '../../runtime/events.ts'
import type { Files, Runtime } from '../../runtime/runtime.ts'
import type { StackFolder } from './stack-folders.ts'

interface Planned {
  readonly stack: StackFolder
  readonly plan: Pick<StackPlan, 'changes'>
}

/** Says of a plan what its apply will refuse. */
export async function warnOfUnbuilt(
  { files, log }: Pick<Runtime, 'files' | 'log'>,
  planned: readonly Planned[],
): Promise<void> {
  for (const { what, remedy } of await problemsOf(files, planned)) {
    log.emit(message('warning', `${what}; ${remedy}`))
  }
}

/** @throws SluiceError refused, for every function whose image is not there: Lambda would refuse it halfway through. */
export async function refuseUnbuilt(files: Files, planned: readonly Planned[]): Promise<void> {
  const [first, ...rest] = await problemsOf(files, planned)
  if (first !== undefined) throw new SluiceError('refused', 'user', [first, ...rest])
}

async function problemsOf(files: Files, planned: readonly Planned[]): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const { stack, plan } of planned) {
    if (!plan.changes.some(({ address }) => address.startsWith('aws_lambda_function.'))) continue
    const bytes = await files.read(join(stack.folder, 'cdk.tf.json'))
    if (bytes === undefined) continue
    const configuration: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    for (const { address, image } of unbuiltFunctions(configuration, plan.changes)) {
      problems.push({
        what: `${address} would be made of ${image}, and this machine knows no image that was built for it`,
        rule: 'a function is made of an image that exists; afterwards rollouts move it',
        remedy: 'run "sluice build" first, and plan where its images.json is',
      })
    }
  }
  return problems
}
