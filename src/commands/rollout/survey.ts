import { type ImageReference, parseImageReference } from '../../domain/digest.ts'
import { SluiceError } from '../../domain/error.ts'
import type { Live, Release } from '../../domain/releases/release.ts'
import type { ImagesFile } from '../../domain/system/images.ts'
import type { Check } from '../../domain/system/rollout-policy.ts'
import type { ServiceStatus } from '../../providers/ports/services.ts'
import { previousOf } from '../../release/ledger.ts'
import type { RolloutInput } from '../../release/plan.ts'
import type { Stored } from '../../release/stored.ts'
import { describeAll } from './described.ts'
import { commitOf, descentOf } from './identity.ts'
import { chooseModels } from './models.ts'
import type { Site } from './site.ts'
import type { Judged } from './wanted.ts'
import { releasedWorkers } from './workers.ts'

/** What the caller asks for; everything else is read from the environment. */
export interface Wanted {
  /** Chosen once it is known what is live. */
  images(live: Release | undefined): Readonly<Record<string, ImageReference>>
  readonly commit?: string
  /** At most one a model; the last one counts. */
  readonly judged: readonly Judged[]
  /** images.json: the images that a verdict may have been reached with. */
  readonly built: ImagesFile['images'] | undefined
  /** Leave the served models as they are. */
  readonly keepModels: boolean
  /** Models fixed by the caller, as a rollback does; the gate is not asked. */
  readonly models?: Release
  readonly forced: { readonly by: string; readonly reason: string } | undefined
  readonly allowOlder: boolean
}

export interface Survey {
  readonly input: RolloutInput
  readonly live: Stored<Live & { readonly release: Release }> | undefined
  /** The live release has no `live` event: it was killed before it was done. */
  readonly unfinished: boolean
}

/** Checks that need nothing but requests, and those whose source the cloud is. */
const observableBy = ({ observer }: Site['provider']): readonly Check['kind'][] => [
  'http',
  ...(observer?.kinds ?? []),
]

/** Reads everything that decides the rollout; changes nothing. */
export async function survey(site: Site, wanted: Wanted): Promise<Survey> {
  const { runtime, system, ledger, root } = site
  const live = await ledger.live()
  const release = live?.value.release
  const before = release === undefined ? undefined : await previousOf(ledger, release)
  const unfinished =
    release !== undefined && !(await ledger.events(release.sequence)).some((event) => event.kind === 'live')
  const names = Object.keys(system.services)
  const gone = [...Object.keys(release?.services ?? {}), ...Object.keys(before?.services ?? {})]
  const attempts = await ledger.releases(release?.sequence ?? 0)
  const commit = wanted.commit ?? (await commitOf(runtime, root))
  const images = wanted.images(release)
  await inspectImages(site, images, release)
  const input: RolloutInput = {
    system,
    commit,
    descent: await descentOf(runtime, root, commit, release?.commit),
    releasedBefore: release !== undefined && (await wasReleasedBefore(site, commit, release)),
    allowOlder: wanted.allowOlder,
    live: release,
    abandoned: attempts.map((attempt) => attempt.id),
    statuses: await statusesOf(site, names),
    retired: await statusesOf(
      site,
      gone.filter((name) => !names.includes(name)),
    ),
    images,
    sidecars: sidecarsOf(system, wanted, release),
    templates: await templatesOf(site),
    models: await chooseModels(site, wanted, { live: release, before, unfinished, images }),
    forced: wanted.forced,
    observable: observableBy(site.provider),
  }
  return { input, live, unfinished }
}

async function statusesOf(
  { provider }: Site,
  services: readonly string[],
): Promise<Record<string, ServiceStatus>> {
  const found = await describeAll(provider.services, services)
  return Object.fromEntries(found.map((status) => [status.service, status]))
}

async function templatesOf({ system, provider }: Site): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const name of releasedWorkers(system)) {
    const template = await provider.workers?.template?.(name)
    if (template !== undefined) found[name] = template
  }
  return found
}

async function wasReleasedBefore({ ledger }: Site, commit: string, live: Release): Promise<boolean> {
  if (commit === live.commit) return false
  const earlier = await ledger.releases()
  return earlier.some((one) => one.commit === commit && one.sequence < live.sequence)
}

/**
 * Images of the containers beside the main ones: those of the release that is brought back, else of the last build, else of
 * what is live. A service one of whose containers has none is left out.
 */
function sidecarsOf(
  system: Site['system'],
  { models: earlier, built }: Pick<Wanted, 'models' | 'built'>,
  live: Release | undefined,
): NonNullable<RolloutInput['sidecars']> {
  const found: Record<string, Readonly<Record<string, ImageReference>>> = {}
  for (const { name, sidecars } of Object.values(system.services)) {
    const images: Record<string, ImageReference> = {}
    for (const [container, { image }] of Object.entries(sidecars)) {
      const reference =
        earlier?.services[name]?.sidecars?.[container] ??
        built?.[image]?.reference ??
        live?.services[name]?.sidecars?.[container]
      if (reference !== undefined) images[container] = reference
    }
    const count = Object.keys(sidecars).length
    if (count > 0 && Object.keys(images).length === count) found[name] = images
  }
  return found
}

/** An image that is gone, or that answers with another digest, is found before anything moves. */
async function inspectImages(
  { provider }: Site,
  images: Readonly<Record<string, ImageReference>>,
  live: Release | undefined,
): Promise<void> {
  const served = new Set(Object.values(live?.services ?? {}).map((service) => service.image))
  for (const reference of new Set(Object.values(images))) {
    if (served.has(reference)) continue
    const found = await provider.images.inspect(reference)
    if (found?.digest === parseImageReference(reference)?.digest) continue
    throw new SluiceError('stale', 'user', {
      what: `${reference} ${found === undefined ? 'is not in the registry' : `comes back as ${found.digest}`}`,
      rule: 'what was built is what is rolled out',
      remedy: 'run "sluice build" again',
    })
  }
}
