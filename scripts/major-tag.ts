/**
 * `... | node scripts/major-tag.ts v1.2.3`: prints `v1` where no newer version of it is among the refs on standard input, one a
 * line; else nothing, so that a fix of an older version never takes users back.
 */
import { text } from 'node:stream/consumers'

/** @throws Error where the tag is none of a release */
export function majorTag(refs: readonly string[], tag: string): string | undefined {
  const own = versionOf(tag)
  if (own === undefined) throw new Error(`${tag} is no tag of a release: v1.2.3 is one`)
  const others = refs.flatMap((ref) => {
    const version = versionOf(ref.trim().replace(/^refs\/tags\//, ''))
    return version === undefined ? [] : [version]
  })
  const newer = others.some(
    ([major, minor, patch]) => major === own[0] && (minor > own[1] || (minor === own[1] && patch > own[2])),
  )
  return newer ? undefined : `v${own[0]}`
}

function versionOf(tag: string): readonly [major: number, minor: number, patch: number] | undefined {
  const [, major, minor, patch] = /^v(\d+)\.(\d+)\.(\d+)$/.exec(tag) ?? []
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)]
}

if (process.argv[1] === import.meta.filename) {
  const refs = (await text(process.stdin)).split('\n')
  process.stdout.write(majorTag(refs, process.argv[2] ?? '') ?? '')
}
