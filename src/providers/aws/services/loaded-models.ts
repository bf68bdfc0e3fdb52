import { modelPin, type ServedModel } from '../../../domain/models/model.ts'
import { modelMismatch } from '../../../domain/releases/loaded-models.ts'
import type { Http } from '../../../runtime/runtime.ts'

const ANSWER = 5_000
const LIMIT = 64 * 1024

/**
 * Asks a revision that answers alone at this address which models it has loaded (promise R42): `{ "models": { "<name>": "<pin>" } }`
 * at its health path. Returns what is wrong, or null.
 */
export async function modelTrouble(
  http: Http,
  url: string,
  models: readonly ServedModel[],
  headers: Readonly<Record<string, string>> = {},
): Promise<string | null> {
  let body: string
  try {
    const answer = await http.request({ url, headers, timeout: ANSWER })
    body = await answer.text(LIMIT)
    if (answer.status !== 200) return `${url} answered ${answer.status}`
  } catch (error) {
    return `${url} did not answer: ${(error as Error).message}`
  }
  const mismatch = modelMismatch(models, body)
  if (mismatch === undefined) return null
  const { model, found } = mismatch
  return `model ${model.name} is ${found ?? 'not loaded'}, the release pins ${modelPin(model)}`
}
