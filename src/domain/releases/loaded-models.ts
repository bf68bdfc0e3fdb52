import { modelPin, type ServedModel } from '../models/model.ts'

/** How an answer at a health path differs from the models that a release pins. */
export interface ModelMismatch {
  readonly model: ServedModel
  /** What it says of that model. */
  readonly found: unknown
  /** Whether it is `{ "models": { "<name>": "<version>@<digest>" } }` at all. */
  readonly reported: boolean
}

/** The first difference; undefined where exactly these models are loaded: CONTRACTS, "How a model reaches a service". */
export function modelMismatch(models: readonly ServedModel[], body: string): ModelMismatch | undefined {
  const loaded = modelsIn(body)
  const model = models.find((pinned) => loaded?.[pinned.name] !== modelPin(pinned))
  return model && { model, found: loaded?.[model.name], reported: loaded !== undefined }
}

function modelsIn(body: string): Record<string, unknown> | undefined {
  try {
    const { models } = JSON.parse(body) as { models?: unknown }
    return typeof models === 'object' && models !== null ? (models as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** In the words of a health check; `path` is the health path. */
export function mismatchText(path: string | undefined, { model, found, reported }: ModelMismatch): string {
  if (!reported) return `GET ${path} does not report its models as JSON: { "models": { ... } }`
  const what = typeof found === 'string' ? `serves ${found}` : 'does not report it'
  return `model ${model.name} must be ${modelPin(model)}, but the service ${what}`
}
