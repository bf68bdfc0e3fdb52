import { posix } from 'node:path'
import { type Problem, usageError } from '../../domain/error.ts'
import { finalStage, type StageResult } from '../dockerfile/evaluate.ts'
import type { Transfer } from '../dockerfile/transfers.ts'
import type { BuildContext } from './context.ts'
import { linkInside } from './links.ts'
import { isRemote, sourceOf } from './selection.ts'
import type { Entry } from './walk.ts'

/** Where the files of a context lie in an image that is made without a container engine. */
export type Placement =
  /** As COPY and ADD of the final stage say. */
  | { readonly kind: 'copies'; readonly transfers: readonly Transfer[] }
  /** All of it below WORKDIR, because the copies depend on what only an engine can do. */
  | { readonly kind: 'whole'; readonly why: string }

/** ADD unpacks these (moby/buildkit, `docs/reference`, "ADD"). */
const ARCHIVE = /\.(?:tar(?:\.\w+)?|t[gbx]z2?)$/

export function placementOf(stages: readonly StageResult[]): Placement {
  const transfers = finalStage(stages).transfers.filter(({ kind }) => kind !== 'mount')
  if (transfers.some(({ origin }) => origin.kind === 'stage')) {
    return { kind: 'whole', why: 'the final stage copies from another stage' }
  }
  if (transfers.some(({ special }) => special)) {
    return { kind: 'whole', why: 'COPY uses --parents or --exclude' }
  }
  if (transfers.some(({ kind, sources }) => kind === 'add' && sources.some((text) => ARCHIVE.test(text)))) {
    return { kind: 'whole', why: 'ADD unpacks an archive' }
  }
  const own = transfers.filter(({ origin }) => origin.kind === 'context')
  if (own.length === 0) return { kind: 'whole', why: 'the final stage copies nothing' }
  return { kind: 'copies', transfers: own }
}

/** One thing in the image; `path` has no slash in front. */
export type Placed =
  | { readonly path: string; readonly from: Entry; readonly executable?: boolean }
  | { readonly path: string; readonly text: string }

/**
 * Everything that the image holds, folders above it included.
 * @throws SluiceError usage, as file:line, for copies that Docker would refuse as well.
 */
export function placeFiles(context: BuildContext, placement: Placement): readonly Placed[] {
  const table = new Table(context)
  table.folder(finalStage(context.stages).workdir)
  switch (placement.kind) {
    case 'whole':
      for (const entry of context.entries) {
        table.put(posix.join(finalStage(context.stages).workdir, entry.path), entry, undefined, context.file)
      }
      break
    case 'copies':
      for (const transfer of placement.transfers) table.copy(transfer)
      break
    default:
      placement satisfies never
  }
  return table.result()
}

interface Match {
  /** As it is called where it is copied from. */
  readonly name: string
  /** What is there, links followed. */
  readonly path: string
}

class Table {
  readonly #context: BuildContext
  readonly #entries: ReadonlyMap<string, Entry>
  readonly #placed = new Map<string, Placed>()

  constructor(context: BuildContext) {
    this.#context = context
    this.#entries = new Map(context.entries.map((entry) => [entry.path, entry]))
  }

  result(): readonly Placed[] {
    return [...this.#placed.values()]
  }

  copy(transfer: Transfer): void {
    const at = `${this.#context.file}:${transfer.line}`
    const local = transfer.sources.filter((text) => transfer.kind === 'copy' || !isRemote(text))
    const matches = local.flatMap((text) => this.#matches(text, at))
    const target = posix.resolve('/', transfer.workdir, transfer.destination)
    const several = matches.length + transfer.inline.length > 1
    const intoFolder =
      /(?:^|\/)\.{0,2}$/.test(transfer.destination) || several || this.#isFolder(target.slice(1))
    const chmod = transfer.chmod === undefined ? undefined : Number.parseInt(transfer.chmod, 8)
    const executable = chmod === undefined || Number.isNaN(chmod) ? undefined : (chmod & 0o100) !== 0
    for (const { name, path } of matches) {
      const entry = this.#entries.get(path)
      if (path === '' || entry?.kind === 'directory') {
        this.folder(target)
        for (const inside of this.#context.entries) {
          if (path !== '' && !inside.path.startsWith(`${path}/`)) continue
          const rest = path === '' ? inside.path : inside.path.slice(path.length + 1)
          this.put(posix.join(target, rest), inside, executable, at)
        }
      } else if (entry !== undefined) {
        this.put(intoFolder ? posix.join(target, posix.basename(name)) : target, entry, executable, at)
      }
    }
    for (const { name, text } of transfer.inline) {
      const path = (intoFolder ? posix.join(target, name) : target).slice(1)
      this.#above(path, at)
      this.#placed.set(path, { path, text })
    }
  }

  put(target: string, from: Entry, executable: boolean | undefined, at: string): void {
    const path = target.slice(1)
    const before = this.#placed.get(path)
    if (before !== undefined && this.#isFolder(path) !== (from.kind === 'directory')) {
      throw usageError({ what: `/${path} would be a file and a folder`, at })
    }
    this.#above(path, at)
    this.#placed.set(path, {
      path,
      from,
      ...(executable === undefined ? {} : { executable }),
    })
  }

  folder(target: string): void {
    const path = target.slice(1)
    if (path === '' || this.#isFolder(path)) return
    this.#above(path, this.#context.file)
    this.#placed.set(path, { path, from: { kind: 'directory', path } })
  }

  #above(path: string, at: string): void {
    const parent = posix.dirname(path)
    if (parent === '.') return
    if (this.#placed.has(parent) && !this.#isFolder(parent)) {
      throw usageError({ what: `/${parent} is no folder, but /${path} shall lie in it`, at })
    }
    this.folder(`/${parent}`)
  }

  #isFolder(path: string): boolean {
    if (path === '') return true
    const placed = this.#placed.get(path)
    return placed !== undefined && 'from' in placed && placed.from.kind === 'directory'
  }

  #matches(text: string, at: string): Match[] {
    const source = sourceOf(text, at)
    const literal = source.segments.every((segment) => typeof segment === 'string')
    const names = literal
      ? [source.pattern]
      : [...this.#entries.keys()].filter((path) => {
          const parts = path.split('/')
          return (
            parts.length === source.segments.length &&
            source.segments.every((segment, index) => {
              const part = parts[index] ?? ''
              return typeof segment === 'string' ? segment === part : segment.test(part)
            })
          )
        })
    if (names.length === 0) throw usageError(missing(text, at))
    return names.map((name) => {
      const end = linkInside(this.#context.root, name)
      if (end.kind === 'leaves') throw usageError({ what: `${text} is a link that ${end.why}`, at })
      if (end.path !== '' && !this.#entries.has(end.path)) throw usageError(missing(text, at))
      return { name, path: end.path }
    })
  }
}

function missing(text: string, at: string): Problem {
  return {
    what: `${text} is not in the build context`,
    rule: 'it is missing, or .dockerignore leaves it out',
    at,
  }
}
