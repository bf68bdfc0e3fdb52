import { externalError } from '../../domain/error.ts'

/** Which state it is, and how many times it was written. */
export type StateIdentity = Readonly<{ lineage: string | null; serial: number | null }>

const NONE: StateIdentity = { lineage: null, serial: null }

/**
 * From what `state pull` printed: nothing before the first apply. The two fields stand at the top level, before all values.
 *
 * @throws SluiceError external for what is no state.
 */
export function stateIdentity(printed: string): StateIdentity {
  if (printed.trim() === '') return NONE
  const start = printed.indexOf('{')
  try {
    const state = JSON.parse(printed.slice(Math.max(0, start))) as { lineage?: unknown; serial?: unknown }
    if (typeof state.lineage === 'string' && Number.isSafeInteger(state.serial)) {
      // OpenTofu prints an empty state, without a lineage, where the object store has none yet.
      return state.lineage === '' ? NONE : { lineage: state.lineage, serial: state.serial as number }
    }
  } catch (cause) {
    throw externalError('service', UNREADABLE, cause)
  }
  throw externalError('service', UNREADABLE)
}

const UNREADABLE = { what: 'the engine printed no state', remedy: 'look at the state: tofu state pull' }
