import { type Finding, guardVerdict, nameOf } from '../../plan/guard.ts'
import { codeSpan, markdownText } from '../foreign-text.ts'

const LISTED = 20

/** What stands between a plan and its apply, and what a person writes to let it pass; nothing where nothing does. */
export function findingsMarkdown(findings: readonly Finding[], plan: string): string {
  if (findings.length === 0) return ''
  const verdict = guardVerdict(findings)
  const title =
    verdict === 'needs-naming'
      ? 'This stops until it is named'
      : 'No rule can decide this: somebody has to look'
  const lines = findings.slice(0, LISTED).map((finding) => {
    const name = nameOf(finding, plan)
    return `- ${markdownText(finding.text)}${name === undefined ? '' : `: ${codeSpan(`--allow-loss ${name}`)}`}`
  })
  const more = findings.length - lines.length
  return ['', `#### ${title}`, '', ...lines, ...(more > 0 ? [`- and ${more} more`] : []), ''].join('\n')
}
