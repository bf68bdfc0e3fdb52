import type { Problem } from '../domain/error.ts'
import { type Cloud, RESOURCE_KINDS, type ResourceKind, type System } from '../domain/system/system.ts'
import { type Document, keyOffset } from './document.ts'

/** What each cloud runs today. What is not listed is refused by name when an environment of that cloud opens. */
export const CARRIES: Readonly<Record<Cloud, readonly ResourceKind[]>> = {
  local: RESOURCE_KINDS,
  aws: RESOURCE_KINDS,
  // The provider of Google Cloud has API Gateway in its beta alone, and no store there has DynamoDB's indexes by name.
  gcp: RESOURCE_KINDS.filter((kind) => kind !== 'apis' && kind !== 'tables'),
}

/** What this environment's cloud cannot run yet, each with the place of the resource. */
export function notCarried(system: System, document: Document): readonly Problem[] {
  const { cloud, name } = system.environment
  const missing = RESOURCE_KINDS.filter((kind) => !CARRIES[cloud].includes(kind))
  const kinds = missing.flatMap((kind) =>
    Object.keys(system[kind]).map((resource) => ({
      kind,
      resource,
      what: `cloud ${cloud} does not run ${kind} yet`,
    })),
  )
  const mirrors =
    cloud === 'local'
      ? Object.values(system.images).filter(
          (image) => image.kind === 'mirror' && image.local?.run === undefined,
        )
      : []
  const images = mirrors.map((image) => ({
    kind: 'images' as const,
    resource: image.name,
    what: 'cloud local cannot run a mirrored image without local.run',
  }))
  const others = cloud === 'local' ? [...notRunHere(system), ...workersOfImages(system)] : []
  return [...kinds, ...images, ...others].map(({ kind, resource, what }) => ({
    at: document.place(keyOffset(document.root, [kind, resource])),
    what: `${kind}.${resource}: ${what}`,
    rule: `environment ${name}`,
    remedy:
      kind === 'images'
        ? `give images.${resource}.local.run, or take it out of this environment: set: { images.${resource}: null }`
        : `take it out of this environment: set: { ${kind}.${resource}: null }`,
  }))
}

/** Cloud local starts a handler from its source, with the Node.js or Python of this machine. */
function notRunHere(system: System) {
  return Object.values(system.functions).flatMap(({ name, image, runtime = 'nodejs' }) => {
    if (image !== undefined) {
      const what = 'cloud local runs a function from its source, not from an image'
      return [{ kind: 'functions' as const, resource: name, what }]
    }
    if (/^(?:nodejs|python)/.test(runtime)) return []
    const what = `cloud local runs functions of nodejs and python, not of ${runtime}`
    return [{ kind: 'functions' as const, resource: name, what }]
  })
}

function workersOfImages({ workers }: System) {
  return Object.values(workers)
    .filter(({ image }) => image !== undefined)
    .map(({ name }) => ({
      kind: 'workers' as const,
      resource: name,
      what: 'cloud local runs a worker from its script, not from an image',
    }))
}
