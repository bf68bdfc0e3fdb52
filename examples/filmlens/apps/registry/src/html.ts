import type { Version } from './registry.ts'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')

/** The page that lists every version, newest first. */
export function versionsPage(versions: readonly Version[]): string {
  const rows = versions.map(
    (version) => `<tr>
  <td>${escapeHtml(version.name)}</td><td>${escapeHtml(version.version)}</td>
  <td>${version.aliases.map((alias) => `<span class="alias ${escapeHtml(alias)}">${escapeHtml(alias)}</span>`).join(' ')}</td>
  <td>${escapeHtml(version.tags['sluice.verdict'] ?? '')}</td>
  <td>${escapeHtml(version.createdAt.replace('T', ' ').slice(0, 19))}</td><td><code>${escapeHtml(version.source)}</code></td>
</tr>`,
  )
  const none = '<tr><td colspan="6">No model has been registered yet.</td></tr>'
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>filmlens models</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8884; vertical-align: top }
code { word-break: break-all; font-size: .85em }
.alias { border: 1px solid; border-radius: 1em; padding: 0 .6em; font-size: .85em }
.champion { color: light-dark(#146c2e, #6dd58c) }
</style></head><body>
<h1>Models of filmlens</h1>
<table><thead><tr><th>Model</th><th>Version</th><th>Alias</th><th>Verdict</th><th>Registered (UTC)</th><th>Artifact</th></tr></thead>
<tbody>${rows.join('\n') || none}</tbody></table>
</body></html>
`
}
