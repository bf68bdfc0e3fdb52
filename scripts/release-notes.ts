/**
 * `node scripts/release-notes.ts v1.2.3`: prints the section of CHANGELOG.md for that version.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The text below `## VERSION`, up to the next version. @throws Error where the version has no section, or an empty one */
export function releaseNotes(changelog: string, tag: string): string {
  const version = /^v(\d+\.\d+\.\d+)$/.exec(tag)?.[1]
  if (version === undefined) throw new Error(`${tag} is no tag of a release: v1.2.3 is one`)
  const sections = changelog.split(/^## /m).slice(1)
  const section = sections.find((one) => one.slice(0, one.indexOf('\n')).trim() === version)
  const text = section?.slice(section.indexOf('\n')).trim() ?? ''
  if (text === '') throw new Error(`CHANGELOG.md says nothing about ${version}`)
  return `${text}\n`
}

if (process.argv[1] === import.meta.filename) {
  const changelog = readFileSync(join(import.meta.dirname, '..', 'CHANGELOG.md'), 'utf8')
  process.stdout.write(releaseNotes(changelog, process.argv[2] ?? ''))
}
