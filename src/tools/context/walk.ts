import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Problem, usageError } from '../../domain/error.ts'
import { type Ignore, type IgnoreDecision, ROOT } from './ignore.ts'
import { linkInside } from './links.ts'
import { secretRule } from './secret-files.ts'
import { reach, type Source, secretProblem, sourceOf } from './selection.ts'

/** One thing that a build sees. Paths are relative to the context, with `/`. */
export type Entry =
  | FileEntry
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }

export interface FileEntry {
  readonly kind: 'file'
  readonly path: string
  /** The owner may execute it. No other permission bit counts: they differ between clones (umask) and systems. */
  readonly executable: boolean
  readonly size: number
  readonly stamp: Stamp
}

/** What changes when a file is replaced or written: device, inode, and both times in nanoseconds. */
export interface Stamp {
  readonly dev: bigint
  readonly ino: bigint
  readonly mtime: bigint
  readonly ctime: bigint
}

export function stampOf(stat: BigIntStats): Stamp {
  return { dev: stat.dev, ino: stat.ino, mtime: stat.mtimeNs, ctime: stat.ctimeNs }
}

export function sameStamp(a: Stamp, b: Stamp): boolean {
  return a.ino === b.ino && a.mtime === b.mtime && a.ctime === b.ctime && a.dev === b.dev
}

export interface WalkOptions {
  readonly ignore: Ignore
  readonly sources: readonly Source[]
  /** For messages: `the build context of image api`. */
  readonly what: string
  /**
   * `context`: a repository's files, held to every rule. `installed`: what the user's own install command left, where
   * links to the machine's programs and names that differ in case are its business.
   */
  readonly trust: 'context' | 'installed'
  readonly signal?: AbortSignal
}

export interface Walked {
  /** Sorted by path; a folder stands before what is in it. */
  readonly entries: readonly Entry[]
  /** Secret files and folders that were left out. */
  readonly leftOut: readonly string[]
}

/**
 * Everything below `root` that the sources can see and .dockerignore does not leave out.
 *
 * @param root absolute and real (no symbolic link in it).
 * @throws SluiceError usage, with all problems at once: links that leave the context, FIFOs, sockets and devices, names
 * that differ only in case, names that are not UTF-8, sources that are not there.
 */
export async function walk(root: string, options: WalkOptions): Promise<Walked> {
  let sources = options.sources
  for (;;) {
    const pass = new Walk(root, { ...options, sources })
    await pass.run()
    // COPY follows a link that it names; what is behind it is then seen as well.
    const known = new Set(sources.map(({ pattern }) => pattern))
    const behind = pass.behind.filter(({ pattern }) => !known.has(pattern))
    if (behind.length === 0 || pass.problems.length > 0) return pass.result()
    sources = [...sources, ...behind]
  }
}

/** So many entries are looked at before other work gets its turn. */
const TURN = 2000
const SHOWN = 20

class Walk {
  readonly problems: Problem[] = []
  readonly behind: Source[] = []
  readonly #root: string
  readonly #options: WalkOptions
  readonly #entries: Entry[] = []
  readonly #leftOut: string[] = []
  readonly #folded = new Map<string, string>()
  readonly #hit = new Set<Source>()
  #sinceTurn = 0

  constructor(root: string, options: WalkOptions) {
    this.#root = root
    this.#options = options
  }

  async run(): Promise<void> {
    await this.#folder('', ROOT)
    for (const source of this.#options.sources) {
      const literal = source.segments.length > 0 && source.segments.every((part) => typeof part === 'string')
      if (literal && !this.#hit.has(source)) {
        this.problems.push({
          what: `${source.text} is not in the build context`,
          rule: 'it is missing, or .dockerignore leaves it out',
          at: source.at,
        })
      }
    }
  }

  result(): Walked {
    const [first, ...others] = this.problems.slice(0, SHOWN)
    if (first !== undefined) throw usageError([first, ...others])
    const entries = this.#entries.sort((a, b) => (a.path < b.path ? -1 : 1))
    return { entries, leftOut: this.#leftOut }
  }

  /** Returns whether anything in it was seen. */
  async #folder(folder: string, decision: IgnoreDecision): Promise<boolean> {
    let seen = false
    for (const name of this.#names(folder)) {
      if (++this.#sinceTurn % TURN === 0) {
        await nextTurn()
        this.#options.signal?.throwIfAborted()
      }
      const path = folder === '' ? name : `${folder}/${name}`
      const found = this.#entry(path, name, decision)
      // Only folders are waited for: a promise for every file costs more than to look at it.
      seen = (typeof found === 'boolean' ? found : await found) || seen
    }
    return seen
  }

  #entry(path: string, name: string, folder: IgnoreDecision): boolean | Promise<boolean> {
    const { ignore, sources, trust } = this.#options
    const reached = reach(sources, path)
    if (reached === 'no') return false
    const decision = ignore.decide(folder, path)
    if (secretRule(name) !== undefined) {
      if (!decision.ignored) this.#leftOut.push(path)
      return false
    }
    const stat = lstatSync(`${this.#root}/${path}`, { bigint: true, throwIfNoEntry: false })
    if (stat === undefined) {
      if (!decision.ignored) this.#wrong(path, 'went away, or has a name that is not UTF-8')
      return false
    }
    if (stat.isDirectory()) return this.#directory(path, decision, reached === 'seen')
    if (decision.ignored) return false
    if (stat.isSymbolicLink()) return this.#link(path, reached === 'seen')
    if (reached === 'above') return false
    if (!stat.isFile()) {
      const kind = stat.isFIFO() ? 'a FIFO' : stat.isSocket() ? 'a socket' : 'a device'
      this.#wrong(path, `is ${kind}`, 'only files, folders and links can enter an image')
      return false
    }
    if (trust === 'context') this.#caseCollision(path)
    this.#markHits(path)
    this.#entries.push({
      kind: 'file',
      path,
      executable: (stat.mode & 0o100n) !== 0n,
      size: Number(stat.size),
      stamp: stampOf(stat),
    })
    return true
  }

  async #directory(path: string, decision: IgnoreDecision, seen: boolean): Promise<boolean> {
    if (decision.ignored && !this.#options.ignore.hasExceptions) return false
    const inside = await this.#folder(path, decision)
    // An ignored folder comes back as the way to what an exception takes in.
    const counts = seen && (!decision.ignored || inside)
    if (counts) {
      if (this.#options.trust === 'context') this.#caseCollision(path)
      this.#markHits(path)
      this.#entries.push({ kind: 'directory', path })
    }
    return counts || inside
  }

  #link(path: string, seen: boolean): boolean {
    const target = readlinkSync(`${this.#root}/${path}`)
    const where = linkInside(this.#root, path)
    if (where.kind === 'leaves') {
      if (this.#options.trust === 'context') {
        this.#wrong(path, `is a link to ${target}, which ${where.why}`, 'links stay inside the build context')
        return false
      }
    } else {
      for (const source of this.#options.sources) {
        // Exactly named by COPY, or on the way to what is named: then COPY looks behind the link.
        if (!sourceEndsAt(source, path)) continue
        this.#hit.add(source)
        const rule = where.path
          .split('/')
          .map(secretRule)
          .find((found) => found !== undefined)
        if (rule !== undefined) {
          this.problems.push(secretProblem(`${source.text} -> ${where.path}`, rule, source.at))
        } else this.behind.push(sourceOf(where.path, source.at))
      }
    }
    if (!seen) return false
    if (this.#options.trust === 'context') this.#caseCollision(path)
    this.#entries.push({ kind: 'symlink', path, target })
    return true
  }

  #names(folder: string): string[] {
    try {
      return readdirSync(`${this.#root}/${folder}`)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      this.#wrong(folder, `cannot be read: ${code}`, 'Sluice reads what the build would read')
      return []
    }
  }

  #markHits(path: string): void {
    for (const source of this.#options.sources) if (path === source.pattern) this.#hit.add(source)
  }

  #caseCollision(path: string): void {
    const folded = path.normalize('NFC').toLowerCase()
    const other = this.#folded.get(folded)
    if (other === undefined) this.#folded.set(folded, path)
    else
      this.#wrong(
        path,
        `and ${other} differ only in case`,
        'a clone on macOS or Windows holds only one of them',
      )
  }

  #wrong(path: string, what: string, rule?: string): void {
    this.problems.push({
      what: `${path} in ${this.#options.what} ${what}`,
      ...(rule === undefined ? {} : { rule }),
      remedy: 'remove it, or name it in .dockerignore',
    })
  }
}

function sourceEndsAt(source: Source, path: string): boolean {
  const parts = path.split('/')
  return (
    parts.length <= source.segments.length &&
    parts.length > 0 &&
    parts.every((part, index) => {
      const segment = source.segments[index]
      return typeof segment === 'string' ? segment === part : segment?.test(part) === true
    })
  )
}
