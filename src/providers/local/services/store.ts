import { join } from 'node:path'
import { bug, externalError, SluiceError } from '../../../domain/error.ts'
import { message } from '../../../runtime/events.ts'
import type { Clock, Files, Log } from '../../../runtime/runtime.ts'
import { type CloudState, cloudStateSchema, EMPTY_STATE } from './state.ts'

/**
 * The desired state on disk. It is written in two copies before anything is done about it, so that a torn or edited file
 * costs nothing, and a supervisor that dies at any moment finds what it had promised.
 */
export class StateStore {
  readonly #files: Files
  readonly #path: string
  readonly #copy: string
  #state: CloudState
  #queue: Promise<unknown> = Promise.resolve()

  private constructor(files: Files, folder: string, state: CloudState) {
    this.#files = files
    this.#path = join(folder, 'state.json')
    this.#copy = join(folder, 'state.copy.json')
    this.#state = state
  }

  /** @throws SluiceError where neither copy can be read; both are left as they are then. */
  static async open(runtime: { files: Files; clock: Clock; log: Log }, folder: string): Promise<StateStore> {
    const { files, clock, log } = runtime
    const store = new StateStore(files, folder, EMPTY_STATE)
    const main = await files.read(store.#path)
    const copy = await files.read(store.#copy)
    if (main === undefined && copy === undefined) return store
    const good = main === undefined ? undefined : parsed(main)
    if (good !== undefined) return new StateStore(files, folder, good)
    const spare = copy === undefined ? undefined : parsed(copy)
    if (spare === undefined) throw unreadable(store.#path)
    if (main !== undefined) {
      const aside = `${store.#path}.unreadable-${clock.now()}`
      await files.write(aside, main)
      log.emit(
        message('warning', `${store.#path} could not be read: kept as ${aside}, its second copy is used`),
      )
    }
    await files.write(store.#path, text(spare))
    return new StateStore(files, folder, spare)
  }

  get state(): CloudState {
    return this.#state
  }

  /**
   * Decides, writes, then does: `decide` gives the next state (the same value: nothing to write), `act` runs once it is
   * on disk. One change at a time.
   *
   * @throws what `decide` throws, and SluiceError external where the disk does not take it; nothing has changed then.
   */
  change<T>(decide: (state: CloudState) => CloudState, act: (state: CloudState) => T): Promise<T> {
    const work = this.#queue.then(async () => {
      const next = decide(this.#state)
      if (next !== this.#state) {
        await this.#save(next)
        this.#state = next
      }
      return act(next)
    })
    this.#queue = work.catch(() => {})
    return work
  }

  async #save(state: CloudState): Promise<void> {
    try {
      await this.#files.write(this.#copy, text(state))
      await this.#files.write(this.#path, text(state))
    } catch (cause) {
      if (cause instanceof SluiceError) throw cause
      throw notWritten(this.#path, cause)
    }
  }
}

function text(state: CloudState): string {
  return `${JSON.stringify(state, null, 1)}\n`
}

function parsed(bytes: Uint8Array): CloudState | undefined {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
  return cloudStateSchema.safeParse(value).data
}

function unreadable(path: string): SluiceError {
  return new SluiceError('cannot-observe', 'user', {
    what: `${path} and its second copy cannot be read`,
    rule: 'the local cloud does not start from a state that it cannot understand',
    remedy: `restore ${path} from a copy, or move both files away and roll the last release out again; data and images are untouched`,
  })
}

function notWritten(path: string, cause: unknown): SluiceError {
  const { code, message: why } = cause as NodeJS.ErrnoException
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return externalError(
        'user',
        {
          what: `${path} could not be written: no space is left on the disk`,
          rule: 'nothing is changed before it is written down',
          remedy: 'free some space and repeat the command; the state before it is intact',
        },
        cause,
      )
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return externalError(
        'user',
        { what: `${path} could not be written: ${why}`, remedy: 'make the folder writable for this user' },
        cause,
      )
    default:
      return bug(`${path} could not be written: ${why}`, cause)
  }
}
