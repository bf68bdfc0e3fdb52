import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { releaseNotes } from '../../scripts/release-notes.ts'
import {
  calledWorkflows,
  callOf,
  type Job,
  pinAll,
  pinned,
  releaseAction,
  workflowFiles,
  workflowsPage,
} from '../../scripts/workflows.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const called = calledWorkflows(root)
const templates = workflowFiles(root, 'workflows-templates')

test('R9 docs/workflows.md says what the workflows say: inputs, outputs, secrets, permissions', () => {
  expect(read('docs/workflows.md')).toBe(workflowsPage(root))
})

test('every input, output and secret of a workflow is a sentence', () => {
  expect(called.map(({ workflow }) => workflow.name).sort()).toEqual([
    'affected',
    'command',
    'deploy',
    'drift',
    'operate',
    'preview',
    'preview-comment',
    'preview-environment',
    'preview-remove',
    'train',
  ])
  for (const { path, workflow } of called) {
    const { inputs = {}, outputs = {}, secrets = {} } = callOf(workflow) ?? {}
    for (const { description } of Object.values({ ...inputs, ...outputs, ...secrets })) {
      expect(description, path).toMatch(/^[A-Za-z].*\.$/)
    }
  }
})

/** What a step hands to an action of this repository, by the inputs that its action.yml has. */
test('a step gives a sibling action only inputs that it has, and all that it needs', () => {
  for (const { path, workflow } of called) {
    for (const { steps = [] } of Object.values(workflow.jobs)) {
      for (const { uses = '', with: given = {} } of steps.filter((step) => step.uses?.startsWith('$/'))) {
        const action = parse(read(join(uses.slice(2), 'action.yml'))) as {
          inputs: Record<string, { required: boolean }>
        }
        const known = Object.keys(action.inputs)
        expect(known, `${path} ${uses}`).toEqual(expect.arrayContaining(Object.keys(given)))
        const needed = known.filter((name) => action.inputs[name]?.required === true)
        expect(Object.keys(given), `${path} ${uses}`).toEqual(expect.arrayContaining(needed))
      }
    }
  }
})

test('the action release in its folder is the one at the root', () => {
  expect(read('actions/release/action.yml')).toBe(releaseAction(root))
})

describe('callers to copy', () => {
  /** The strongest that any job asks for. */
  const union = (jobs: readonly Job[]): Record<string, string> => {
    const all: Record<string, string> = {}
    for (const [name, level] of jobs.flatMap(({ permissions = {} }) => Object.entries(permissions))) {
      if (all[name] !== 'write') all[name] = level
    }
    return all
  }

  test.each(templates.map((file) => [file.path, file] as const))(
    'R9 the caller %s gives what the workflow needs and no more, by inputs that it has',
    (_, { workflow }) => {
      for (const job of Object.values(workflow.jobs)) {
        const name = /workflows\/([a-z-]+\.yml)@/.exec(job.uses ?? '')?.[1]
        const callee = called.find(({ path }) => path.endsWith(`/${name}`))
        if (callee === undefined) throw new Error(`${job.uses} is no workflow of ours`)
        expect(job.permissions).toEqual(union(Object.values(callee.workflow.jobs)))
        const { inputs = {}, secrets = {} } = callOf(callee.workflow) ?? {}
        const given = Object.keys((job as { with?: object }).with ?? {})
        expect(Object.keys(inputs)).toEqual(expect.arrayContaining(given))
        expect(given).toEqual(
          expect.arrayContaining(Object.keys(inputs).filter((one) => inputs[one]?.required === true)),
        )
        expect(Object.keys(job.secrets ?? {})).toEqual(Object.keys(secrets))
      }
    },
  )

  test('every caller has its properties, as GitHub shows them', () => {
    for (const { path } of templates) {
      const properties = JSON.parse(read(path.replace(/\.yml$/, '.properties.json'))) as Record<
        string,
        unknown
      >
      expect(properties).toEqual({
        name: expect.stringMatching(/^Sluice: /),
        description: expect.stringMatching(/\.$/),
        iconName: 'octicon rocket',
        categories: expect.any(Array),
        filePatterns: ['sluice\\.yml$'],
      })
    }
  })
})

test('copies for a server of one’s own name sibling actions in full', () => {
  const out = mkdtempSync(join(tmpdir(), 'sluice-pinned-'))
  try {
    const commit = 'a'.repeat(40)
    pinAll(root, 'acme/sluice', commit, out)
    expect(readdirSync(join(out, '.github/workflows'))).toHaveLength(called.length)
    for (const { path, text } of workflowFiles(out)) {
      expect(text, path).not.toContain('$/')
      expect(text, path).toBe(pinned(read(path), 'acme/sluice', commit))
    }
    expect(pinned('- uses: $/actions/plan\n', 'o/r', 'c')).toBe('- uses: o/r/actions/plan@c\n')
  } finally {
    rmSync(out, { recursive: true })
  }
})

test('the notes of a release are the section of its version, and a version without one is refused', () => {
  expect(releaseNotes(read('CHANGELOG.md'), 'v0.1.0')).toContain('The first one.')
  expect(releaseNotes('# C\n\n## 1.0.1\n\nfixed\n\n## 1.0.0\n\nfirst\n', 'v1.0.1')).toBe('fixed\n')
  expect(() => releaseNotes('## 1.0.0\n\n## 0.9.0\n\nx\n', 'v1.0.0')).toThrow('says nothing about 1.0.0')
  expect(() => releaseNotes('## 1.0.0\n\nx\n', 'v1')).toThrow('no tag of a release')
})
