import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type Job, type Step, type WorkflowFile, workflowFiles } from '../../scripts/workflows.ts'

const root = join(import.meta.dirname, '../..')
const own = workflowFiles(root)
const templates = workflowFiles(root, 'workflows-templates')
const all = [...own, ...templates]
const named = (files: readonly WorkflowFile[]) => files.map((file) => [file.path, file] as const)

const CLOUD_ACTION = '.github/actions/cloud/action.yml'
const composite = parse(readFileSync(join(root, CLOUD_ACTION), 'utf8')) as {
  runs: { steps: readonly Step[] }
}

const stepsOf = ({ steps = [] }: Job): readonly Step[] => steps
const jobsOf = ({ workflow }: WorkflowFile): [string, Job][] => Object.entries(workflow.jobs)
const writes = ({ permissions = {} }: Job): string[] =>
  Object.entries(permissions).flatMap(([name, level]) => (level === 'write' ? [name] : []))

describe('R1 nothing that a user says becomes code', () => {
  const EXPRESSION = '${' + '{'
  const code = (steps: readonly Step[]): string[] =>
    steps.flatMap(({ run = '', shell = '', with: inputs = {} }) => [
      run,
      shell,
      String(inputs['script'] ?? ''),
    ])

  test.each(named(all))('R1 no expression stands in the code of %s', (_, file) => {
    for (const [id, job] of jobsOf(file)) {
      for (const text of code(stepsOf(job))) expect(text, id).not.toContain(EXPRESSION)
    }
  })

  test('R1 no step of a composite action runs code at all', () => {
    for (const step of composite.runs.steps) expect(step).not.toHaveProperty('run')
  })
})

describe('R9 every workflow has no more rights than it says', () => {
  test.each(named(all))('R9 nothing is permitted on top of %s', (_, { workflow }) => {
    expect(workflow.permissions).toEqual({})
  })

  test.each(named(all))('R9 every job of %s says what it may do, and why', (_, file) => {
    for (const [id, job] of jobsOf(file)) {
      expect(job.permissions, `${id} has permissions of its own`).toBeDefined()
      expect(Object.keys(job.permissions ?? {}), id).not.toHaveLength(0)
    }
    const lines = file.text.match(/^ {6}[a-z-]+: (read|write|none)\b.*$/gm) ?? []
    const count = jobsOf(file).reduce((sum, [, job]) => sum + Object.keys(job.permissions ?? {}).length, 0)
    expect(lines).toHaveLength(count)
    for (const line of lines) expect(line).toMatch(/ # \S.{3,}$/)
  })

  test.each(named(own))(
    'R9 a job of %s has a token of the cloud where it signs in or attests, and nowhere else',
    (_, file) => {
      for (const [id, job] of jobsOf(file)) {
        if (job.uses !== undefined) continue
        const uses = stepsOf(job).map((step) => step.uses ?? '')
        const signs = uses.some((one) =>
          /\/actions\/cloud$|\/attest-build-provenance@|\/scorecard-action@/.test(one),
        )
        expect(writes(job).includes('id-token'), id).toBe(signs)
      }
    },
  )

  test.each(named(own))(
    'R12 a job of %s that signs in asks first whether it was given a token to sign in with',
    (_, file) => {
      for (const [id, job] of jobsOf(file)) {
        const steps = stepsOf(job)
        const cloud = steps.find(({ uses }) => uses?.endsWith('/actions/cloud'))
        if (cloud === undefined) continue
        const role = /inputs\.[a-z-]+/.exec(String(cloud.with?.['aws-role']))?.[0]
        const asked = steps.findIndex(({ run }) => run?.includes('"$ACTIONS_ID_TOKEN_REQUEST_URL"'))
        expect(steps[asked]?.if, id).toBe(`${role} != '' || inputs.google-provider != ''`)
        // Before it stands only what refuses as well; no action has run.
        for (const { run } of steps.slice(0, asked)) expect(run, id).toContain('exit ')
      }
    },
  )

  // A run that was cut off has half applied, half rolled out or half paid for something.
  const CHANGING = [
    'deploy',
    'train',
    'operate',
    'release',
    'apply',
    'apply-2',
    'command',
    'preview-environment',
    'preview-remove',
    'remove',
  ]
  test.each(named(all))('R9 what changes something in %s is never cut off', (_, { path, workflow }) => {
    for (const [id, job] of Object.entries(workflow.jobs)) {
      const changes =
        CHANGING.includes(id) || CHANGING.some((name) => job.uses?.includes(`/workflows/${name}.yml`))
      if (!changes) continue
      const groups = [workflow.concurrency, job.concurrency].flatMap((group) =>
        group === undefined ? [] : [group],
      )
      expect(groups.length, `${path} ${id} has a group`).toBeGreaterThan(0)
      for (const group of groups) expect(group['cancel-in-progress'], `${path} ${id}`).toBe(false)
    }
  })

  // GitHub takes the group of a job before its review (https://github.com/orgs/community/discussions/17401), and of those that wait for a
  // group it cancels all but the newest: what waits for a person must keep nobody else waiting.
  const groupsOf = ({ workflow }: WorkflowFile): string[] =>
    [workflow, ...Object.values(workflow.jobs)].flatMap(({ concurrency }) =>
      concurrency === undefined ? [] : [concurrency.group],
    )
  const called = ({ workflow: { jobs } }: WorkflowFile): WorkflowFile[] =>
    Object.values(jobs).flatMap(({ uses = '' }) =>
      own.filter(({ path }) => uses.split('@')[0]?.endsWith(`/${path}`)),
    )
  const reviewed = ({ environment }: Job): boolean => {
    const name = typeof environment === 'object' ? environment.name : environment
    return name !== undefined && !/-(plan|remove)$/.test(name)
  }
  const waits = (file: WorkflowFile): boolean =>
    Object.values(file.workflow.jobs).some(reviewed) || called(file).some(waits)

  test('R30 what waits for the review of a person holds no group that another run would wait for', () => {
    const waiting = all.filter(waits)
    expect(waiting.map(({ path }) => path)).toEqual(
      expect.arrayContaining(
        ['deploy', 'preview-environment', 'train', 'command'].flatMap((name) => [
          `.github/workflows/${name}.yml`,
          `workflows-templates/${name}.yml`,
        ]),
      ),
    )
    for (const { path, workflow } of waiting) {
      const jobs = Object.values(workflow.jobs).filter((job) => reviewed(job) || job.uses !== undefined)
      for (const { concurrency } of [workflow, ...jobs]) {
        expect(concurrency?.group ?? 'github.run_id', path).toMatch(
          /github\.(run_id|ref_name|event\.comment\.id)/,
        )
      }
    }
  })

  test('R30 nobody asks for a group that the caller holds, which GitHub ends as a deadlock', () => {
    const shape = (group: string): string => group.replaceAll(/\$\{\{.*?\}\}/g, '*').toLowerCase()
    for (const file of all) {
      const held = new Set(groupsOf(file).map(shape))
      for (const one of called(file).flatMap(groupsOf)) expect(held, file.path).not.toContain(shape(one))
    }
  })

  test('R9 no secret is handed on wholesale', () => {
    for (const { path, text } of all) expect(text, path).not.toContain('secrets: inherit')
  })
})

describe('R10 everything that runs is pinned', () => {
  const PINNED = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/
  const sources = [
    ...own.map(({ path, text }) => [path, text] as const),
    [CLOUD_ACTION, readFileSync(join(root, CLOUD_ACTION), 'utf8')] as const,
  ]
  const uses = (text: string): string[] =>
    [...text.matchAll(/\buses: (.+)$/gm)].map(([, reference = '']) => reference)

  test.each(sources)('R10 %s uses full commits with their version beside, and its own commit', (_, text) => {
    for (const reference of uses(text)) {
      expect(reference.startsWith('$/') || PINNED.test(reference), reference).toBe(true)
    }
  })

  test('R10 one action has one commit everywhere', () => {
    const seen = new Map<string, Set<string>>()
    for (const reference of sources.flatMap(([, text]) => uses(text))) {
      const [name = '', pin] = reference.split('@')
      if (pin !== undefined) seen.set(name, (seen.get(name) ?? new Set()).add(pin))
    }
    expect(seen.size).toBeGreaterThan(5)
    for (const [name, pins] of seen) expect([...pins], name).toHaveLength(1)
  })

  test('R10 callers to copy take ours by a commit, and nothing else', () => {
    for (const { path, text } of templates) {
      const all = uses(text)
      expect(all.length, path).toBeGreaterThan(0)
      for (const reference of all)
        expect(reference).toMatch(/^OWNER\/sluice\/\.github\/workflows\/[a-z-]+\.yml@COMMIT$/)
    }
  })

  test('R10 images are named by digest, and no step downloads a tool', () => {
    for (const file of all) {
      for (const [id, job] of jobsOf(file)) {
        if (job.container !== undefined) expect(job.container.image, id).toMatch(/@sha256:[0-9a-f]{64}$/)
        for (const { run = '' } of stepsOf(job))
          expect(run, id).not.toMatch(/\b(curl|wget|npx|pip install|go install)\b/)
      }
    }
  })

  test('R10 jobs that run scanners and tests have neither secret nor right', () => {
    const test = own.find(({ path }) => path.endsWith('/test.yml'))
    for (const [id, job] of test === undefined ? [] : jobsOf(test))
      expect(job.permissions, id).toEqual({ contents: 'read' })
    expect(test?.text).not.toContain('secrets.')
  })
})

describe('R7 code of a fork runs where nothing can be had', () => {
  const OWN_BRANCH = 'github.event.pull_request.head.repo.id == github.event.repository.id'
  const preview = own.find(({ path }) => path.endsWith('/preview.yml'))
  const privileged = (job: Job, text: string): boolean =>
    writes(job).length > 0 ||
    job.environment !== undefined ||
    JSON.stringify(stepsOf(job)).includes('secrets.') ||
    text === ''

  test('R7 a job of preview.yml that has a secret, an environment or a right asks whose branch it is', () => {
    const jobs = preview === undefined ? [] : jobsOf(preview)
    expect(jobs.map(([id]) => id)).toEqual(['plan', 'synthesize', 'try'])
    for (const [id, job] of jobs) {
      if (privileged(job, preview?.text ?? '')) expect(job.if, id).toContain(`&& ${OWN_BRANCH}`)
      else expect(job.permissions, id).toEqual({ contents: 'read' })
    }
  })

  test('R7 where a fork may run, no step is given the token of the job', () => {
    for (const [id, job] of preview === undefined ? [] : jobsOf(preview)) {
      if (job.if?.includes(OWN_BRANCH)) continue
      for (const { uses = '', with: inputs = {} } of stepsOf(job)) {
        if (uses.startsWith('$/actions/')) expect(inputs['github-token'], `${id} ${uses}`).toBe('')
        if (uses.startsWith('$/.github/actions/cloud')) throw new Error(`${id} signs in to a cloud`)
      }
    }
  })

  test.each(named(all))(
    'R7 %s checks nothing out but its own event, leaves no token behind, and shares no cache',
    (_, file) => {
      for (const [id, job] of jobsOf(file)) {
        for (const { uses = '', with: inputs = {} } of stepsOf(job)) {
          if (uses.startsWith('actions/checkout@')) {
            expect(inputs['persist-credentials'], id).toBe(false)
            // A comment is granted for one commit of a branch of the repository itself.
            const granted =
              file.path.endsWith('/command.yml') && job.if?.startsWith('needs.asked.outputs.command == ')
            expect(inputs['ref'], id).toBe(granted ? '$' + '{{ needs.asked.outputs.sha }}' : undefined)
            expect(inputs, id).not.toHaveProperty('repository')
          }
          expect(uses, id).not.toMatch(/^actions\/cache/)
          if (uses.startsWith('actions/setup-node@')) expect(inputs['package-manager-cache'], id).toBe(false)
          if (uses.startsWith('actions/setup-go@')) expect(inputs['cache'], id).toBe(false)
        }
      }
    },
  )

  test('R7 only comments, the second half of a preview and the removal of previews start where others may start them, and run nothing of theirs', () => {
    const dangerous = all.filter(({ workflow }) =>
      ['pull_request_target', 'issue_comment', 'workflow_run'].some((event) => event in workflow.on),
    )
    expect(dangerous.map(({ path }) => path)).toEqual([
      'workflows-templates/command.yml',
      'workflows-templates/filmlens/filmlens-command.yml',
      'workflows-templates/filmlens/filmlens-preview-comment.yml',
      'workflows-templates/preview-comment.yml',
      'workflows-templates/preview-remove.yml',
    ])
    for (const { path, workflow } of dangerous) {
      const kinds = ['command', 'preview-comment', 'preview-remove']
      const name = kinds.find((kind) => path.endsWith(`${kind}.yml`))
      expect(Object.values(workflow.jobs).map(({ uses }) => uses)).toEqual([
        `OWNER/sluice/.github/workflows/${name}.yml@COMMIT`,
      ])
    }
    const second = own.find(({ path }) => path.endsWith('/preview-comment.yml'))
    const steps = second === undefined ? [] : jobsOf(second).flatMap(([, job]) => stepsOf(job))
    expect(steps.map(({ uses = '' }) => uses.split('@')[0])).toEqual(['actions/checkout', '$/actions/plan'])
    expect(steps[1]?.with?.['mode']).toBe('preview')
  })

  test('R7 an environment is given to a labelled branch of the repository itself alone, behind the review of its kind', () => {
    const file = own.find(({ path }) => path.endsWith('/preview-environment.yml'))
    const [[id, job] = ['', {}], ...others] = file === undefined ? [] : jobsOf(file)
    expect([id, others]).toEqual(['deploy', []])
    expect(job.if).toContain(`&& ${OWN_BRANCH}`)
    expect(job.if).toContain('contains(github.event.pull_request.labels.*.name, inputs.label)')
    expect(job.if).toContain("github.event_name == 'pull_request'")
    expect(job.uses).toBe('$/.github/workflows/deploy.yml')
    const { with: given = {} } = job as { with?: Readonly<Record<string, unknown>> }
    expect(given['github-environment']).toBe('$' + '{{ inputs.environment }}')
    const deploy = own.find(({ path }) => path.endsWith('/deploy.yml'))
    const reviewed = '$' + '{{ inputs.github-environment || inputs.environment }}'
    for (const [name, one] of deploy === undefined ? [] : jobsOf(deploy)) {
      const environment = typeof one.environment === 'object' ? one.environment.name : one.environment
      expect([reviewed, `${reviewed}-plan`], name).toContain(environment)
    }
  })

  test('R7 what removes previews asks no code of a pull request, and is no run of one', () => {
    const file = own.find(({ path }) => path.endsWith('/preview-remove.yml'))
    const [[, job] = ['', {}], ...others] = file === undefined ? [] : jobsOf(file)
    expect(others).toEqual([])
    expect(job.if).toBe("github.event_name != 'pull_request'")
    expect(job.environment).toBe('$' + '{{ inputs.environment }}-remove')
    expect(stepsOf(job).map(({ name, uses }) => uses?.split('@')[0] ?? name)).toEqual([
      'Whoever signs in needs a token to sign in with',
      'actions/checkout',
      '$/.github/actions/cloud',
      '$/actions/operate',
    ])
  })

  test('R8 a comment is judged by a job without rights; those that have some follow its grant alone', () => {
    const command = own.find(({ path }) => path.endsWith('/command.yml'))
    const [asked, ...rest] = command === undefined ? [] : jobsOf(command)
    expect(asked?.[0]).toBe('asked')
    expect(asked === undefined ? undefined : writes(asked[1])).toEqual([])
    expect(asked?.[1].environment).toBeUndefined()
    expect(stepsOf(asked?.[1] ?? {}).map(({ uses }) => uses)).toEqual(['$/actions/plan'])
    for (const [id, job] of rest) {
      expect(job.if).toBe(
        `needs.asked.outputs.command == '${id}' && needs.asked.outputs.environment == inputs.environment`,
      )
    }
    expect(rest.map(([id]) => id)).toEqual(['plan', 'apply'])
  })
})
