import { digestOfValue, hexOf, type ImageReference } from '../../../domain/digest.ts'
import { usageError } from '../../../domain/error.ts'
import { modelPin, type ServedModel, servedModelSchema } from '../../../domain/models/model.ts'
import { modelVariable } from '../../../domain/system/connections.ts'
import type { RevisionSpec } from '../../ports/services.ts'

/** Annotations of a revision. */
export const RELEASE = 'sluice-release'
export const MODELS = 'sluice-models'

export type Template = Readonly<Record<string, unknown>>

/**
 * The template of targets.json with digests and model pins in place (src/domain/stacks/targets.ts). The first container is the
 * service's own; the others are its sidecars, by name.
 *
 * @throws SluiceError usage where the image of a sidecar is not known.
 */
export function filledTemplate(
  template: Template,
  { image, models, release, service }: RevisionSpec,
  sidecars: Readonly<Record<string, ImageReference | undefined>>,
): Template {
  const containers = containersOf(template).map((container, index) => {
    if (index === 0) return { ...container, image, env: [...plainVariables(container), ...pins(models)] }
    const name = String(container['name'] ?? '')
    const own = sidecars[name]
    if (own !== undefined) return { ...container, image: own }
    throw usageError({
      what: `the image of sidecar ${name} of service ${service.name} is not built`,
      rule: 'every container of a release is deployed by digest',
      remedy: 'run "sluice build" first',
    })
  })
  const annotations = {
    ...(template['annotations'] as Record<string, string> | undefined),
    [RELEASE]: release,
    [MODELS]: JSON.stringify(models),
  }
  return { ...template, containers, annotations }
}

/** The pins of an earlier release, where the template is one that runs. */
function plainVariables(container: Record<string, unknown>): readonly object[] {
  const variables = Array.isArray(container['env']) ? (container['env'] as { name?: unknown }[]) : []
  return variables.filter(({ name }) => !String(name).startsWith(modelVariable('')))
}

const pins = (models: readonly ServedModel[]): readonly object[] =>
  models.map((model) => ({ name: modelVariable(model.name), value: modelPin(model) }))

function containersOf(template: Template): readonly Record<string, unknown>[] {
  const { containers } = template
  return Array.isArray(containers) ? (containers as Record<string, unknown>[]) : []
}

/** Hex digits of a revision's name: with 49 characters of a service and an attempt, 63 in all. */
const DIGITS = 10
const ATTEMPT = new RegExp(`^(.*-[0-9a-f]{${DIGITS}})-\\d+$`)

/** The same release and template have the same name, so that a repeated `stage` finds its revision (promise R28). */
export function revisionName(id: string, template: Template): string {
  return `${id}-${hexOf(digestOfValue(template)).slice(0, DIGITS)}`
}

/** The name of the nth try: a revision that failed keeps its name for good. The first has no number. */
export function attemptName(name: string, attempt: number): string {
  return attempt === 1 ? name : `${name}-${attempt}`
}

/** The name without the number of its try: what the rest of Sluice knows a revision by. */
export function revisionId(name: string): string {
  return ATTEMPT.exec(name)?.[1] ?? name
}

/** Whether one is another try of the other: a restart of what runs. */
export function isAttemptOf(name: string, of: string): boolean {
  return name !== of && revisionId(name) === revisionId(of)
}

/** What a revision was told to load; nothing where no release made it. */
export function modelsOf(annotations: Readonly<Record<string, string>>): readonly ServedModel[] {
  try {
    return servedModelSchema.array().parse(JSON.parse(annotations[MODELS] ?? '[]'))
  } catch {
    return []
  }
}
