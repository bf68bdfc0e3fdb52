import { join } from 'node:path'
import { bug, SluiceError } from '../../domain/error.ts'
import { stateFolderOf } from '../../domain/system/preview.ts'
import { message } from '../../runtime/events.ts'
import { emptied } from '../../tools/engine/emptied.ts'
import type { World } from '../command.ts'
import type { OpenEnvironment } from '../environment.ts'
import { openEngine } from '../infrastructure/engine.ts'
import { encryptionOf, planKey } from '../infrastructure/plan-key.ts'
import { hasChanges } from '../infrastructure/plan-stacks.ts'
import { type StackState, statesOf } from './preview-states.ts'

/** What is removed of a preview. */
export interface Removal {
  readonly states: readonly StackState[]
  /** cdk.tf.json of its stacks as they would be now, for backend and providers. */
  readonly configurations: readonly Readonly<Record<string, unknown>>[]
}

/** The stacks of a preview in the order in which they go: what is applied last goes first. */
export async function removalOf(world: World, environment: OpenEnvironment): Promise<Removal> {
  const { system } = environment
  if (world.openSynthesizer === undefined) throw bug('a preview is removed without a compiler')
  const { objects } = await environment.provider()
  const synthesizer = await world.openSynthesizer()
  const known = await synthesizer.synthesize({ system, images: {} })
  const order = known.map(({ name }) => name)
  const states = await statesOf(objects, system)
  // A stack that nobody knows any more refers to those that are known, never the other way round.
  const rank = ({ stack }: StackState): number =>
    order.includes(stack) ? order.indexOf(stack) : order.length
  return {
    states: states.toSorted((a, b) => rank(b) - rank(a)),
    configurations: known.map(({ json }) => json),
  }
}

/**
 * Takes a preview away: what its states know, and then the states. Only previews have this way (promise R16): that they say
 * `preview` is the naming of all that goes. No code of the pull request is asked. It may be repeated, and cut off.
 *
 * @throws SluiceError what the engine says of a stack that stays, after all others have gone
 */
export async function removePreview(
  world: World,
  environment: OpenEnvironment,
  { states, configurations }: Removal,
): Promise<void> {
  const { runtime } = world
  const { system, state } = environment
  if (system.environment.preview === undefined) throw bug(`${system.environment.name} is no preview`)
  const { objects } = await environment.provider()
  const key = await planKey(runtime, state, true)
  const engine = await openEngine(runtime, join(state, 'plugins'), (found) =>
    encryptionOf(runtime, found, key),
  )
  const remove = async ({ stack, uri }: StackState): Promise<void> => {
    const folder = join(state, 'removal', stack)
    const place = { name: stack, folder, dependsOn: [] }
    const configuration = emptied(configurations, `${stateFolderOf(system)}/${stack}`)
    await runtime.files.write(join(folder, 'cdk.tf.json'), `${JSON.stringify(configuration, undefined, 2)}\n`)
    await engine.init(place)
    const file = join(folder, 'removal.tfplan')
    if (hasChanges(await engine.plan(place, file))) await engine.apply(place, file)
    // Last: without it nobody would find what is left.
    await objects.remove(uri)
  }
  await runtime.files.write(join(state, 'removal', '.gitignore'), '*\n')
  await inRounds(states, remove, (stack, error) => {
    runtime.signals.cancelled.throwIfAborted()
    runtime.log.emit(message('notice', `stack ${stack.stack} stays for now: ${error.message}`))
  })
  await runtime.files.remove(join(state, 'removal'))
}

/** What another one still holds on to goes in the next round, as long as a round takes something away. */
async function inRounds(
  states: readonly StackState[],
  remove: (state: StackState) => Promise<void>,
  failed: (state: StackState, error: SluiceError) => void,
): Promise<void> {
  let left = states
  while (left.length > 0) {
    const still: StackState[] = []
    let last: SluiceError | undefined
    for (const state of left) {
      try {
        await remove(state)
      } catch (error) {
        if (!(error instanceof SluiceError) || error.outcome === 'locked') throw error
        failed(state, error)
        still.push(state)
        last = error
      }
    }
    if (last !== undefined && still.length === left.length) throw last
    left = still
  }
}
