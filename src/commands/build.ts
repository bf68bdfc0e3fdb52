import { hexOf } from '../domain/digest.ts'
import { usageError } from '../domain/error.ts'
import { nearestName } from '../domain/nearest.ts'
import type { ImageRecord } from '../domain/system/images.ts'
import type { Image, System } from '../domain/system/system.ts'
import type { Provider } from '../providers/provider.ts'
import { fingerprintOf } from '../tools/context/identify.ts'
import { type BuildPlan, type Finding, planBuild } from './build/decide.ts'
import { imagesPath, readImagesFile, withImages } from './build/images-file.ts'
import { buildRows, buildSummary, COLUMNS } from './build/summary.ts'
import { verifyImage } from './build/verify.ts'
import type { Report, World } from './command.ts'
import { type OpenEnvironment, openEnvironment } from './environment.ts'

export interface BuildOptions {
  /** Only these; default: all. */
  readonly images?: readonly string[]
  /** `IMAGE@DIGEST`: build nothing, read back this one. */
  readonly verify?: string
  /** A commit: build nothing, name the images that the commits since then touch. */
  readonly affected?: string
}

/** So many are built at the same time. */
const PARALLEL = 2

/** Finds out which images the registry already has, builds and mirrors the others, and writes down all digests. */
export async function build(world: World, options: BuildOptions = {}): Promise<Report> {
  const environment = await openEnvironment(world)
  try {
    if (options.verify !== undefined) return await verifyImage(environment, options.verify)
    if (options.affected !== undefined) {
      const { affectedImages } = await import('./build/affected.ts')
      return await affectedImages(world, environment, options.affected)
    }
    const { runtime, request } = world
    const { system, state } = environment
    const images = chosen(system, options.images ?? [])
    const before = await readImagesFile(runtime.files, state)
    const provider = await environment.provider()
    const plan = planBuild(await findAll(world, environment, provider, images), before.images)
    if (request.dryRun) return planned(world, plan)
    const records = await carryOut(provider, images, plan)
    const after = withImages(before, records, Object.keys(system.images))
    // To write a file safely takes longer than to find out that nothing is to be built.
    const first = Object.keys(before.images).length === 0
    if (first || JSON.stringify(after) !== JSON.stringify(before)) {
      await runtime.files.write(imagesPath(state), `${JSON.stringify(after, undefined, 2)}\n`)
    }
    return done(plan, records)
  } finally {
    await environment.close()
  }
}

function chosen(system: System, names: readonly string[]): readonly Image[] {
  const known = Object.keys(system.images)
  const unknown = names.filter((name) => !Object.hasOwn(system.images, name))
  const [first, ...others] = unknown.map((name) => {
    const near = nearestName(name, known)
    return {
      what: `sluice.yml has no image ${name}`,
      rule: known.length === 0 ? 'it has no images' : `its images are ${known.join(', ')}`,
      ...(near === undefined ? {} : { remedy: `did you mean ${near}?` }),
    }
  })
  if (first !== undefined) throw usageError([first, ...others])
  return Object.values(system.images).filter(({ name }) => names.length === 0 || names.includes(name))
}

/** One image after the other: each reads its context with all workers. */
async function findAll(
  { runtime }: World,
  { system, root, state }: OpenEnvironment,
  provider: Provider,
  images: readonly Image[],
): Promise<readonly Finding[]> {
  const builder = system.environment.cloud === 'local' ? 'local' : 'engine'
  const resolve = provider.images.resolve?.bind(provider.images)
  const findings: Finding[] = []
  for (const image of images) {
    const fingerprint = await fingerprintOf(image, { runtime, root, state, builder, bases: {}, resolve })
    findings.push({ image, fingerprint, found: await provider.images.find(image.name, fingerprint) })
  }
  return findings
}

/** All or nothing: the first failure is thrown when what runs beside it has ended, and nothing is written down. */
async function carryOut(
  provider: Provider,
  images: readonly Image[],
  plan: BuildPlan,
): Promise<Record<string, ImageRecord>> {
  const records: Record<string, ImageRecord> = {}
  const waiting = [...plan]
  const failures: unknown[] = []
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && failures.length === 0; next = waiting.shift()) {
      const { name, fingerprint, record } = next
      const image = images.find((other) => other.name === name)
      if (record !== null) records[name] = record
      else if (image !== undefined) records[name] = await provider.images.publish(image, fingerprint)
    }
  }
  const worker = (): Promise<void> => work().catch((error: unknown) => void failures.push(error))
  await Promise.all(Array.from({ length: PARALLEL }, worker))
  if (failures.length > 0) throw failures[0]
  return records
}

function planned({ runtime }: World, plan: BuildPlan): Report {
  const records = knownRecords(plan)
  const rows = buildRows(plan, records)
  runtime.log.emit({ kind: 'table', title: 'images', columns: COLUMNS, rows })
  const changed = changedNames(plan)
  return {
    command: 'build',
    outcome: 'done',
    message:
      changed.length === 0
        ? 'nothing to do: every image is known'
        : `${changed.length} of ${plan.length} images would be built: ${changed.join(', ')}`,
    outputs: outputsOf(plan, records),
    data: { plan },
    summary: buildSummary(plan, records),
  }
}

function done(plan: BuildPlan, records: Readonly<Record<string, ImageRecord>>): Report {
  const changed = changedNames(plan)
  return {
    command: 'build',
    outcome: 'done',
    message:
      changed.length === 0
        ? `nothing to do: ${plan.length === 1 ? 'the image is' : `all ${plan.length} images are`} known`
        : `made ${changed.length} of ${plan.length} images: ${changed.join(', ')}`,
    outputs: outputsOf(plan, records),
    data: { plan, images: records },
    summary: buildSummary(plan, records),
  }
}

function outputsOf(
  plan: BuildPlan,
  records: Readonly<Record<string, ImageRecord>>,
): Readonly<Record<string, string>> {
  const references = plan.flatMap(({ name }) => {
    const record = records[name]
    return record === undefined ? [] : [[name, record.reference] as const]
  })
  return {
    images: JSON.stringify(Object.fromEntries(references)),
    changed: JSON.stringify(changedNames(plan)),
    subjects: subjectsOf(plan, records),
  }
}

/**
 * What this run built, for an attestation of where it comes from, as lines of `sha256sum`: `<hex>  <repository>`. What was known
 * or copied was made elsewhere, and nobody here can say how.
 */
function subjectsOf(plan: BuildPlan, records: Readonly<Record<string, ImageRecord>>): string {
  return plan
    .flatMap(({ name }) => records[name] ?? [])
    .filter(({ how }) => how === 'built')
    .map(({ reference, digest }) => `${hexOf(digest)}  ${reference.slice(0, -digest.length - 1)}`)
    .join('\n')
}

function changedNames(plan: BuildPlan): readonly string[] {
  return plan.filter(({ decision }) => decision !== 'known').map(({ name }) => name)
}

function knownRecords(plan: BuildPlan): Record<string, ImageRecord> {
  return Object.fromEntries(plan.flatMap(({ name, record }) => (record === null ? [] : [[name, record]])))
}
