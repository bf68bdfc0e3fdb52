import { bug, usageError } from '../../domain/error.ts'
import { type Preview, previewName, previewVerdict } from '../../domain/system/preview.ts'
import { message } from '../../runtime/events.ts'
import type { Report, World } from '../command.ts'
import { type OpenEnvironment, openEnvironment } from '../environment.ts'
import { type OperateOptions, tableReport } from './post.ts'
import { previewsOf } from './preview-states.ts'
import { pullsOnGitHub } from './pulls.ts'
import { removalOf, removePreview } from './remove-preview.ts'

/** A preview with all its data; its name must be typed again. There is no other environment of a cloud that goes like this. */
export async function destroyPreview(
  world: World,
  environment: OpenEnvironment,
  { confirm }: Pick<OperateOptions, 'confirm'>,
): Promise<Report> {
  const { name } = environment.system.environment
  const removal = await removalOf(world, environment)
  const stacks = removal.states.map(({ stack }) => stack)
  const rows = stacks.map((stack) => [stack])
  const shown = (text: string) =>
    tableReport(world, { title: `preview ${name}`, columns: ['stack'], rows }, text, { stacks })
  if (stacks.length === 0) return shown(`there is no preview ${name}`)
  if (world.request.dryRun) return shown(`would destroy preview ${name} with all its data`)
  if (confirm !== name) {
    throw usageError({
      what: confirm === undefined ? 'nothing was confirmed' : `"${confirm}" was confirmed`,
      rule: 'destroy removes all data of the preview for good',
      remedy: `if you mean it, add --confirm ${name}`,
    })
  }
  await removePreview(world, environment, removal)
  return shown(`preview ${name} is destroyed`)
}

/**
 * Previews that have no use any more; says only which, unless told `--yes`.
 *
 * @throws SluiceError of the first preview that stays, after all others have been tried
 */
export async function reapPreviews(
  world: World,
  environment: OpenEnvironment,
  { yes }: Pick<OperateOptions, 'yes'>,
): Promise<Report> {
  const { runtime, request } = world
  const { system } = environment
  const { name: of, previews } = system.environment
  if (previews === undefined) throw bug(`nothing says how long previews of ${of} are kept`)
  const pulls = world.pulls ?? pullsOnGitHub(runtime)
  const { objects } = await environment.provider()
  const act = yes === true && !request.dryRun
  const rows: string[][] = []
  const removed: string[] = []
  const failures: unknown[] = []
  for (const number of await previewsOf(objects, system)) {
    runtime.signals.cancelled.throwIfAborted()
    const name = previewName({ of, number })
    const pull = await pulls?.at(number)
    const { verdict, why } = previewVerdict(pull, runtime.clock.now(), previews.keep)
    const how = verdict === 'keep' ? 'kept' : act ? 'removed' : 'would be removed'
    const end = verdict === 'remove' && act ? await removedOne(world, { of, number }) : undefined
    if (end !== undefined) failures.push(end)
    else if (verdict === 'remove') removed.push(name)
    rows.push([name, end === undefined ? how : 'stays for now', why])
  }
  const text = act
    ? `removed ${removed.length} of ${rows.length} previews`
    : `${removed.length} of ${rows.length} previews would be removed; add --yes to do it`
  const report = tableReport(
    { runtime },
    { title: 'previews', columns: ['preview', '', 'why'], rows },
    text,
    {
      previews: removed,
      ended: act,
    },
  )
  const [failure] = failures
  if (failure !== undefined) throw failure
  return report
}

/** One that cannot go holds up no other: its error is told, and returned. */
async function removedOne(world: World, preview: Preview): Promise<unknown> {
  const name = previewName(preview)
  try {
    await removeNamed({ ...world, request: { ...world.request, environment: name } })
    return undefined
  } catch (error) {
    world.runtime.signals.cancelled.throwIfAborted()
    const why = (error as Error).message
    world.runtime.log.emit(message('warning', `preview ${name} stays for now: ${why}`))
    return error
  }
}

async function removeNamed(world: World): Promise<void> {
  const environment = await openEnvironment(world)
  try {
    await removePreview(world, environment, await removalOf(world, environment))
  } finally {
    await environment.close()
  }
}
