import { lstatSync, readlinkSync } from 'node:fs'

/** Where a chain of symbolic links ends, seen from the context. */
export type LinkEnd =
  /** Relative to the context; empty for the context itself. There may be nothing there. */
  { readonly kind: 'inside'; readonly path: string } | { readonly kind: 'leaves'; readonly why: string }

/** Linux follows no more than this (path_resolution(7)). */
const MOST_LINKS = 40

/**
 * Follows a link, and the links behind it, one path segment at a time, and never through anything outside `root`.
 * Absolute targets leave: in an image they would point at another file than here.
 */
export function linkInside(root: string, link: string): LinkEnd {
  let rest = link.split('/')
  let done: string[] = []
  let followed = 0
  while (rest.length > 0) {
    const [segment = '', ...others] = rest
    rest = others
    if (segment === '' || segment === '.') continue
    if (segment === '..') {
      if (done.length === 0) return { kind: 'leaves', why: 'leaves the build context' }
      done = done.slice(0, -1)
      continue
    }
    const path = [...done, segment].join('/')
    const stat = lstatSync(`${root}/${path}`, { throwIfNoEntry: false })
    if (stat?.isSymbolicLink() !== true) {
      done = [...done, segment]
      continue
    }
    if (++followed > MOST_LINKS) return { kind: 'leaves', why: 'is a circle of links' }
    const target = readlinkSync(`${root}/${path}`)
    if (target.startsWith('/')) return { kind: 'leaves', why: 'is an absolute path' }
    rest = [...target.split('/'), ...rest]
  }
  return { kind: 'inside', path: done.join('/') }
}
