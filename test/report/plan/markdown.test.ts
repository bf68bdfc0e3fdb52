import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PlanFile, StackPlan } from '../../../src/domain/plans/plan.ts'
import { addCounts, NO_COUNTS } from '../../../src/domain/plans/plan-counts.ts'
import { readPlan } from '../../../src/plan/read.ts'
import { COMMENT_LIMIT, planMarkdown } from '../../../src/report/plan/markdown.ts'
import { planDocument, resourceChange } from '../../plan/document.ts'

async function planOf(stacks: Readonly<Record<string, readonly unknown[]>>): Promise<PlanFile> {
  const read: StackPlan[] = []
  for (const [stack, changes] of Object.entries(stacks)) {
    const text = JSON.stringify(planDocument({ changes }))
    read.push(await readPlan([Buffer.from(text)], { stack, source: 'plan.json' }))
  }
  return planFile(read)
}

function planFile(stacks: readonly StackPlan[]): PlanFile {
  return {
    schema: 'sluice.plan/v1',
    system: 'filmlens',
    environment: 'production',
    engine: { name: 'tofu', version: '1.12.0' },
    counts: stacks.map(({ counts }) => counts).reduce(addCounts, NO_COUNTS),
    stacks: [...stacks],
    fingerprint: `sha256:${'0'.repeat(64)}`,
  }
}

const OPTIONS = {
  limit: COMMENT_LIMIT,
  marker: '<!-- sluice:plan:production -->',
  run: 'https://github.com/a/b/actions/runs/1',
  commit: '0123456789abcdef0123456789abcdef01234567',
}

/** Names that try to leave their place. */
const HOSTILE = [
  'a`b``c',
  'x"] --> y["z',
  '<!-- sluice:plan:production -->',
  '</details></code></sub>',
  '@org/team',
  '| | | |\n| --- |',
  '\u202egnp.exe',
  '```\n### done',
  '[click](https://evil.example)',
  'https://evil.example/x',
  '#1 GH-1 org/repo#2',
  '<script>alert(1)</script>',
  '![x](https://evil.example/p.png)',
]

describe('the comment of a plan', () => {
  test('shows what may cost data first, then counts, then every change', async () => {
    const plan = await planOf({
      foundation: [resourceChange('aws_ecr_repository.api', ['create'])],
      data: [
        resourceChange(
          'aws_db_instance.db',
          ['delete', 'create'],
          { replace_paths: [['engine']] },
          {
            action_reason: 'replace_because_cannot_update',
          },
        ),
        resourceChange(
          'aws_s3_bucket.raw',
          ['delete'],
          {},
          { action_reason: 'delete_because_no_resource_config' },
        ),
        resourceChange('aws_s3_bucket.kept', ['update'], {
          before: { force_destroy: false, tags: {} },
          after: { force_destroy: true, tags: { a: 'b' } },
        }),
        resourceChange('aws_iam_role.moved', ['no-op'], {}, { previous_address: 'aws_iam_role.was' }),
      ],
    })
    await expect(planMarkdown(plan, OPTIONS)).toMatchFileSnapshot('plan.golden.md')
  })

  test('says so when nothing changes', async () => {
    const plan = await planOf({ foundation: [resourceChange('aws_s3_bucket.a', ['no-op'])] })
    expect(planMarkdown(plan, OPTIONS)).toContain('### Plan for production: nothing changes')
  })

  test('R6 no name leaves its place, mentions anybody or forges the marker', async () => {
    const plan = await planOf({
      data: HOSTILE.map((name) =>
        resourceChange(
          `aws_db_instance["${name}"]`,
          ['delete'],
          { before: { [name]: 1 } },
          { type: name, name },
        ),
      ),
    })
    const shown = planMarkdown(plan, OPTIONS)
    await expect(shown).toMatchFileSnapshot('hostile.golden.md')
    expect(shown.split('<!--')).toHaveLength(2)
    expect(shown.split('</details>')).toHaveLength(2)
    expect(shown.split('```')).toHaveLength(3)
    expect(shown).not.toMatch(/@org|<script|\u202e|https:\/\/evil|^### done/m)
  })

  test('R6 any names give a comment of the same structure', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom(...HOSTILE)),
        async (name) => {
          const shape = async (word: string): Promise<string> => {
            const change = resourceChange('', ['update'], { before: { [word]: 1 }, after: {} })
            const plan = await planOf({
              data: [{ ...change, address: word, type: 'aws_s3_bucket', name: word }],
            })
            return planMarkdown(plan, OPTIONS)
              .replace(/<code>.*?<\/code>/g, '<code></code>')
              .replace(/^[^\n]*fingerprint.*$/m, '')
          }
          // The names of arrays and of the prototype are no attributes that JSON keeps in their place.
          fc.pre(name !== '' && name !== '__proto__' && !/^\d+$/.test(name))
          expect(await shape(name)).toBe(await shape('plain'))
        },
      ),
    )
  })

  test('R6 stays within the limit of a comment, with counts kept and what is missing counted', async () => {
    const many = Array.from({ length: 5000 }, (_, index) =>
      resourceChange(`aws_s3_bucket.bucket_${index}`, index % 2 === 0 ? ['delete'] : ['create']),
    )
    const shown = planMarkdown(await planOf({ data: many, compute: many.slice(0, 10) }), OPTIONS)
    expect(shown.length).toBeLessThanOrEqual(COMMENT_LIMIT)
    expect(shown).toContain('2,505 to delete, 2,505 to create')
    const rows = shown.split('\n').filter((line) => line.startsWith('| 🟥') || line.startsWith('| 🟩')).length
    expect(shown).toContain(`**${(5010 - rows).toLocaleString('en-US')} more do not fit here**`)
    expect(shown).toContain('(https://github.com/a/b/actions/runs/1)')
  })

  test('a stack that waits for another is named', async () => {
    const plan = await planOf({ foundation: [resourceChange('aws_vpc.x', ['create'])], data: [] })
    const [first, second] = plan.stacks
    if (first === undefined || second === undefined) throw new Error('two stacks were planned')
    const shown = planMarkdown(planFile([first, { ...second, state: 'deferred' }]), OPTIONS)
    expect(shown).toContain('1 to create, 1 stack deferred')
    expect(shown).toContain('deferred: reads what another stack has only after apply')
  })
})
