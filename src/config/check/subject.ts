import type { Problem } from '../../domain/error.ts'
import { RESOURCE_KINDS } from '../../domain/system/system.ts'
import { type Document, keyOffset, nodeAt, offsetAt, type Path, show, showPath } from '../document.ts'
import { hint, knownNames, nearest } from '../hint.ts'
import type { Shaped } from '../shape.ts'

/** What a rule looks at: the file, or the file as one environment sees it. */
export interface Subject extends Pick<Shaped, 'document' | 'value' | 'removed'> {
  /** Sections that may stand under a misspelt key: then nothing is known about their names. */
  readonly misspelt: ReadonlySet<string>
}

export function subjectOf(shaped: Shaped): Subject {
  const unknown = shaped.removed.filter((path) => path.length === 1).map(([key]) => String(key))
  const misspelt = new Set(unknown.map((key) => nearest(key, SECTIONS)).filter((near) => near !== undefined))
  return { ...shaped, misspelt }
}

/** A rule about meaning. It says nothing about parts that are missing because their spelling was wrong. */
export type Rule = (subject: Subject) => Problem[]

const SECTIONS = ['environments', ...RESOURCE_KINDS] as const
export type Section = (typeof SECTIONS)[number]

/** `services.api.port: found 80 (rule)`, at the value; a part that is not written is reported at what holds it. */
export function complain(subject: Subject, path: Path, what: string, rule: string): Problem {
  const { document } = subject
  return { at: document.place(offsetAt(document.root, path)), what: `${showPath(path)}: ${what}`, rule }
}

/** The same, at the key. */
export function complainOfKey(subject: Subject, path: Path, what: string, rule: string): Problem {
  const { document } = subject
  return { at: document.place(keyOffset(document.root, path)), what: `${showPath(path)}: ${what}`, rule }
}

/** The pairs of a map, without those whose value was taken out. */
export function pairs<T>(
  map: { readonly [key: string]: T | undefined } | undefined,
): [string, NonNullable<T>][] {
  return Object.entries(map ?? {}).filter(
    (pair): pair is [string, NonNullable<T>] => pair[1] !== undefined && pair[1] !== null,
  )
}

/**
 * The names that the file declares in a section, those of misspelt resources included; undefined where the section itself
 * is wrong, or may stand under a misspelt key: then nothing is known about names.
 */
export function declared(subject: Subject, section: Section): readonly string[] | undefined {
  return subject.misspelt.has(section) ? undefined : keysAt(subject.document, [section])
}

/** The keys that are written at a path; none where nothing is; undefined where it is no map. */
export function keysAt(document: Document, path: Path): readonly string[] | undefined {
  const node = nodeAt(document.root, path)
  if (node === undefined) return []
  return node.kind === 'map' ? [...node.entries.keys()] : undefined
}

export function isWritten(subject: Subject, path: Path): boolean {
  return nodeAt(subject.document.root, path) !== undefined
}

/** A name that must be declared; says the nearest and the known ones. */
export function reference(
  subject: Subject,
  path: Path,
  name: string | undefined,
  known: readonly string[] | undefined,
  kind: string,
): Problem[] {
  if (name === undefined || known === undefined || known.includes(name)) return []
  return [complain(subject, path, `found ${show(name)}${hint(name, known)}`, knownNames(kind, known))]
}
