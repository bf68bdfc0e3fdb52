import type { PlanChange, PlanFile } from '../../domain/plans/plan.ts'
import type { PlanAction } from '../../domain/plans/plan-counts.ts'

/** More nodes than this are a picture of nothing. */
const MOST = 40

const CLASSES: Partial<Record<PlanAction, string>> = {
  delete: 'fill:#ffebe9,stroke:#cf222e,color:#82071e',
  replace: 'fill:#fff1e5,stroke:#bc4c00,color:#762c00',
  update: 'fill:#fff8c5,stroke:#9a6700,color:#633c01',
  create: 'fill:#dafbe1,stroke:#1a7f37,color:#044f1e',
  forget: 'fill:#f6f8fa,stroke:#57606a,color:#24292f',
}

/** What changes, as a Mermaid graph: stacks, and in each the types of its resources by action. */
export function planGraph({ stacks }: Pick<PlanFile, 'stacks'>): string[] {
  const nodes = stacks.flatMap(({ stack, changes }) =>
    groups(changes).map(({ action, type, count }) => ({ stack, action, type, count })),
  )
  if (nodes.length === 0) return []
  const shown = nodes.slice(0, MOST)
  const names = [...new Set(shown.map(({ stack }) => stack))]
  const lines = ['```mermaid', 'flowchart LR']
  for (const [index, { stack, action, type, count }] of shown.entries()) {
    const parent = names.indexOf(stack)
    const what = `${label(type)}${count > 1 ? ` × ${count}` : ''}`
    lines.push(`  s${parent}["${label(stack)}"] -- ${action} --> n${index}["${what}"]:::${action}`)
  }
  if (nodes.length > shown.length) lines.push(`  more["and ${nodes.length - shown.length} more kinds"]`)
  const used = new Set(shown.map(({ action }) => action))
  for (const [action, style] of Object.entries(CLASSES)) {
    if (used.has(action as PlanAction)) lines.push(`  classDef ${action} ${style}`)
  }
  return [...lines, '```', '']
}

function groups(changes: readonly PlanChange[]) {
  const found = new Map<string, { action: PlanAction; type: string; count: number }>()
  for (const { action, type } of changes) {
    if (CLASSES[action] === undefined) continue
    const key = `${action} ${type}`
    const group = found.get(key)
    if (group === undefined) found.set(key, { action, type, count: 1 })
    else group.count++
  }
  return [...found.values()]
}

/** Letters, digits and little else: nothing in it can end a node or a block of code. */
function label(text: string): string {
  return text.replace(/[^\w.-]/g, '_').slice(0, 60)
}
