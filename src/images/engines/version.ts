/** `v0.28.1`, `20.10.24+dfsg1`, `0.29.0-rc1`: its numbers; undefined for anything else. */
export type Version = readonly [major: number, minor: number, patch: number]

export function parseVersion(text: string): Version | undefined {
  const found = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+~.].*)?$/.exec(text.trim())
  return found === null ? undefined : [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)]
}

export function isAtLeast(text: string, least: Version): boolean {
  const version = parseVersion(text)
  // What comes before a release (0.28.1-rc1) has not its fixes for certain.
  if (version === undefined || /-(?:rc|beta|alpha|dev)/.test(text)) return false
  for (const [index, wanted] of least.entries()) {
    const number = version[index] ?? 0
    if (number !== wanted) return number > wanted
  }
  return true
}
