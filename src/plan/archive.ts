/** An entry of an archive, by what its directory says, before anything is unpacked. */
export interface ArchiveEntry {
  readonly name: string
  /** Bytes when unpacked, as claimed. */
  readonly size: number
}

/** What an archive may hold that somebody else packed. */
export interface ArchiveRules {
  readonly mostEntries: number
  /** Bytes of one entry, unpacked. */
  readonly largest: number
  /** Bytes of all of them. */
  readonly largestInAll: number
  /** A closed form of its names, so that nothing leaves the folder it is unpacked in. */
  readonly isKnown: (name: string) => boolean
  /** Which end a name has that is not known: `which synthesis does not write`. */
  readonly strange: string
  readonly needed: readonly string[]
}

/** Why an archive is not taken; undefined where it may be unpacked. */
export function archiveFault(entries: readonly ArchiveEntry[], rules: ArchiveRules): string | undefined {
  const { mostEntries, largest, largestInAll, isKnown, strange, needed } = rules
  if (entries.length > mostEntries)
    return `it has ${entries.length} entries, and at most ${mostEntries} are taken`
  // Two names that differ in their letters alone are one file on some disks.
  const names = new Set<string>()
  let sum = 0
  for (const { name, size } of entries) {
    if (!isKnown(name)) return `it holds ${JSON.stringify(name.slice(0, 120))}, ${strange}`
    const folded = name.toLowerCase()
    if (names.has(folded)) return `it holds ${name} twice`
    names.add(folded)
    // Written so that NaN, which a broken directory may claim, is too large.
    if (!(size >= 0 && size <= largest)) return `${name} is larger than ${largest} bytes`
    sum += size
    if (sum > largestInAll) return `unpacked it is larger than ${largestInAll} bytes`
  }
  const missing = needed.find((name) => !names.has(name))
  return missing === undefined ? undefined : `it holds no ${missing}`
}
