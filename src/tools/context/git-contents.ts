import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { relative, sep } from 'node:path'
import type { Argv, Exec } from '../../runtime/runtime.ts'
import type { ContentId } from './contents.ts'
import { type IndexEntry, parseIndex } from './git-index.ts'
import type { FileEntry } from './walk.ts'

/**
 * What the git index knows of files that have not been touched since git wrote it: their ids, without reading them. This
 * is what makes the first build on a fresh runner quick. Only what can be shown to be the bytes on disk is taken:
 *
 * - the stamp is exactly the index's, and older than the index itself (git's racy-git.txt);
 * - no filter, ident or encoding stands between blob and file, and both have the same size (which leaves no room for
 *   a change of line ends, today's or one from before the configuration was changed).
 *
 * An empty answer, never an error, where there is no git, no repository, or one of another kind.
 */
export async function gitContentIds(
  exec: Exec,
  env: Readonly<Record<string, string | undefined>>,
  root: string,
  files: readonly FileEntry[],
): Promise<ReadonlyMap<string, ContentId>> {
  const none = new Map<string, ContentId>()
  if ((await exec.find('git')) === undefined) return none
  const git = async (args: readonly string[], input?: string): Promise<string | undefined> => {
    const argv: Argv = ['git', '-C', root, ...args]
    const result = await exec.run(argv, {
      cwd: root,
      env: gitEnvironment(env),
      ...(input === undefined ? {} : { input }),
    })
    return result.code === 0 && !result.truncated ? result.stdout : undefined
  }
  const place = await git([
    'rev-parse',
    '--path-format=absolute',
    '--show-object-format',
    '--show-toplevel',
    '--git-path',
    'index',
  ])
  const [format, top, index, rest] = place?.split('\n') ?? []
  if (format !== 'sha1' || top === undefined || index === undefined || rest !== '') return none

  const prefix = relative(top, root).split(sep).join('/')
  const read = readIndex(index, prefix)
  if (read === undefined) return none
  const clean = unchangedFiles(files, read.entries, prefix, read.mtime)
  if (clean.size === 0) return none

  const paths = [...clean.keys()]
  const ids = [...new Set(clean.values())]
  const [sizes, attributes] = await Promise.all([
    git(['cat-file', '--batch-check=%(objectname) %(objectsize)'], ids.map((id) => `${id}\n`).join('')),
    git(
      ['check-attr', '-z', '--stdin', 'filter', 'ident', 'working-tree-encoding'],
      paths.map((path) => `${path}\0`).join(''),
    ),
  ])
  if (sizes === undefined || attributes === undefined) return none
  return sameBytes(files, clean, sizes, attributes)
}

/** git must see this repository, whatever the caller's environment points at, and change nothing in it. */
export function gitEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return {
    PATH: env['PATH'],
    HOME: env['HOME'],
    XDG_CONFIG_HOME: env['XDG_CONFIG_HOME'],
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_LAZY_FETCH: '1',
    GIT_TERMINAL_PROMPT: '0',
  }
}

function readIndex(path: string, prefix: string): { entries: IndexEntry[]; mtime: bigint } | undefined {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return undefined
  }
  try {
    const entries = parseIndex(readFileSync(fd), prefix)
    const mtime = fstatSync(fd, { bigint: true }).mtimeNs
    return entries === undefined ? undefined : { entries, mtime }
  } finally {
    closeSync(fd)
  }
}

/** Files whose stamp is the index's own, by path relative to the context. */
export function unchangedFiles(
  files: readonly FileEntry[],
  entries: readonly IndexEntry[],
  prefix: string,
  indexWritten: bigint,
): Map<string, ContentId> {
  const strip = prefix === '' ? 0 : prefix.length + 1
  const known = new Map(entries.map((entry) => [entry.path.slice(strip), entry]))
  const clean = new Map<string, ContentId>()
  for (const { path, size, stamp } of files) {
    const entry = known.get(path)
    if (
      entry !== undefined &&
      entry.mtime === stamp.mtime &&
      entry.ctime === stamp.ctime &&
      entry.ino === Number(stamp.ino & 0xffffffffn) &&
      entry.size === size &&
      stamp.mtime < indexWritten
    ) {
      clean.set(path, entry.id)
    }
  }
  return clean
}

function sameBytes(
  files: readonly FileEntry[],
  clean: ReadonlyMap<string, ContentId>,
  sizes: string,
  attributes: string,
): ReadonlyMap<string, ContentId> {
  const sizeOf = new Map(sizes.split('\n').map((line) => [line.slice(0, 40), Number(line.slice(41))]))
  const converted = new Set<string>()
  const fields = attributes.split('\0')
  for (let i = 0; i + 2 < fields.length; i += 3) {
    if (!['unspecified', 'unset'].includes(fields[i + 2] ?? '')) converted.add(fields[i] ?? '')
  }
  const trusted = new Map<string, ContentId>()
  for (const { path, size } of files) {
    const id = clean.get(path)
    if (id !== undefined && sizeOf.get(id) === size && !converted.has(path)) trusted.set(path, id)
  }
  return trusted
}
