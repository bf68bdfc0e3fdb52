import { modelPin } from '../../../../../src/domain/models/model.ts'
import { Refused } from './answer.ts'
import type { Revision, RunState, Share } from './resources.ts'

interface Container {
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
}

/** https://cloud.google.com/run/docs/reference/rest/v2/TrafficTarget */
export function checked(
  id: string,
  shares: readonly Share[],
  revisions: RunState['revisions'],
): readonly Share[] {
  const sum = shares.reduce((all, { percent = 0 }) => all + percent, 0)
  if (sum !== 100) throw new Refused('INVALID_ARGUMENT', `Traffic percents must sum to 100, found ${sum}.`)
  for (const { revision, tag } of shares) {
    if (revision !== undefined && revisions[revision] === undefined) {
      throw new Refused('NOT_FOUND', `Revision ${revision} does not exist.`)
    }
    if (tag !== undefined && tag.length + id.length > 46) {
      throw new Refused(
        'INVALID_ARGUMENT',
        `Traffic tag ${tag} and service name are longer than 46 characters.`,
      )
    }
  }
  return shares
}

export function picked(shares: readonly Share[], number: number): Share | undefined {
  // Every hundredth part in turn, spread by a step that is prime to 100.
  let at = (number * 37) % 100
  return shares.find(({ percent = 0 }) => {
    at -= percent
    return at < 0
  })
}

/** What a revision answers itself. */
export function answered({ program, template }: Revision, path: string): { status: number; body: string } {
  if (!path.endsWith('/health')) return { status: 200, body: program?.body ?? '' }
  const [container] = (template['containers'] ?? []) as Container[]
  const told = (container?.env ?? []).filter(({ name }) => name.startsWith('SLUICE_MODEL_'))
  const models =
    program?.loads === undefined
      ? Object.fromEntries(told.map(({ name, value }) => [name.slice(13).toLowerCase(), value]))
      : Object.fromEntries(program.loads.map((model) => [model.name, modelPin(model)]))
  return { status: program?.health ?? 200, body: JSON.stringify({ models }) }
}
