import type { Environment, System } from './system.ts'

/** One deployment for one pull request, made like the environment `of`: `pr-123` is made like `pr`. */
export interface Preview {
  readonly of: string
  /** Of the pull request. */
  readonly number: number
}

/** What a name says where it is a preview's; undefined where it cannot be one. */
export function parsePreview(name: string): Preview | undefined {
  const [, of, number] = /^(.+)-([1-9][0-9]{0,8})$/.exec(name) ?? []
  return of === undefined ? undefined : { of, number: Number(number) }
}

export const previewName = ({ of, number }: Preview): string => `${of}-${number}`

/** The environment whose roles, whose boundary and whose review on GitHub hold: a preview has those of what it is made like. */
export const guardedAs = ({ name, preview }: Pick<Environment, 'name' | 'preview'>): string =>
  preview?.of ?? name

/**
 * Folder of the environment's states in their bucket. Those of a preview lie inside of the folder of what it is made like, so
 * the permissions on that folder hold for them too.
 */
export function stateFolderOf({ name, environment }: Pick<System, 'name' | 'environment'>): string {
  const { preview } = environment
  return preview === undefined
    ? `${name}/${environment.name}`
    : `${name}/${preview.of}/${previewFolder(preview)}`
}

const previewFolder = ({ number }: Preview): string => `preview-${number}`

/** Number of the preview that a state of this URI belongs to; undefined where it is no preview's. */
export function previewOfState(uri: string, folder: string): number | undefined {
  const [, number] = /^preview-([1-9][0-9]{0,8})\//.exec(uri.slice(folder.length)) ?? []
  return uri.startsWith(folder) && number !== undefined ? Number(number) : undefined
}

/** The stack whose state lies at this URI, of those in a folder; undefined for a lock, and for what is no state. */
export function stackOfState(uri: string, folder: string): string | undefined {
  if (!uri.startsWith(folder)) return undefined
  const [, stack] =
    /^([a-z0-9][a-z0-9._-]*)(?:\.tfstate|\/default\.tfstate)$/.exec(uri.slice(folder.length)) ?? []
  return stack
}

/** A pull request at the moment of asking; undefined where nobody can say. */
export type PullState = { readonly open: boolean; readonly touchedAt: number } | undefined

/** Pull requests, as GitHub has them. */
export interface Pulls {
  /** Nothing is ever thrown: what GitHub does not say is not known. */
  at(number: number): Promise<PullState>
}

export interface PreviewVerdict {
  readonly verdict: 'remove' | 'keep'
  readonly why: string
}

/**
 * Whether a preview still has a use. One of which nothing is known is kept: a token that ended takes nothing away.
 *
 * @param keep milliseconds that an open pull request may rest
 */
export function previewVerdict(pull: PullState, now: number, keep: number): PreviewVerdict {
  if (pull === undefined) return { verdict: 'keep', why: 'GitHub does not say how its pull request stands' }
  if (!pull.open) return { verdict: 'remove', why: 'its pull request is closed' }
  const rests = now - pull.touchedAt
  if (rests <= keep) return { verdict: 'keep', why: 'its pull request is open' }
  return {
    verdict: 'remove',
    why: `nobody has touched its pull request for ${Math.floor(rests / 3_600_000)} hours`,
  }
}
