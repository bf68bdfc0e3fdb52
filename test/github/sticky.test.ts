import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Comment, commentsOf } from '../../src/github/comments.ts'
import { keepComment, marked, nextStep } from '../../src/github/sticky.ts'
import { gitHubClient } from '../world/github/client.ts'
import { strike } from '../world/github/faults.ts'
import { type FakeGitHub, startFakeGitHub } from '../world/github/server.ts'
import { BOT } from '../world/github/store.ts'

const subject = { kind: 'plan', environment: 'production' }
const body = (run: number, text = `run ${run}`, environment = 'production'): string =>
  marked({ ...subject, environment }, { run, attempt: 1 }, text)

const settle = async (): Promise<void> => {}

const write = (github: FakeGitHub, run: number, text?: string) =>
  keepComment(commentsOf(gitHubClient(github).rest, 7), body(run, text), BOT.id, settle)

describe('the comment of an environment', () => {
  test('is made once and then updated in place, on whatever page it is', async () => {
    await using github = await startFakeGitHub()
    const first = await write(github, 1)
    for (let n = 0; n < 240; n++) github.store.comment(7, `talk ${n}`, BOT)
    github.store.comments.push(...github.store.comments.splice(0, 1))
    const second = await write(github, 2)
    expect(second.id).toBe(first.id)
    expect(github.store.comments).toHaveLength(241)
    expect(github.store.comments.find(({ id }) => id === first.id)?.body).toContain('run 2')
  })

  test('stays as it is where nothing is new', async () => {
    await using github = await startFakeGitHub()
    await write(github, 1)
    const before = github.asked.length
    await write(github, 1)
    expect(github.asked.slice(before)).toEqual(['GET /repos/acme/shop/issues/7/comments?per_page=100'])
  })

  test('R6 a mark in a comment of somebody else, or below the first line, is nothing', async () => {
    await using github = await startFakeGitHub()
    const mallory = github.store.account('mallory')
    const forged = github.store.comment(7, body(99, 'forged'), mallory)
    const ghost = github.store.comment(7, body(99, 'ghost'), null)
    const quoted = github.store.comment(7, `> quoted\n${body(99, 'quoted')}`, BOT)
    const own = await write(github, 1)
    expect([forged.id, ghost.id, quoted.id]).not.toContain(own.id)
    expect(forged.body).toBe(body(99, 'forged'))
    expect(github.store.comments).toHaveLength(4)
  })

  test('another environment has another comment', async () => {
    await using github = await startFakeGitHub()
    await write(github, 1)
    const { rest } = gitHubClient(github)
    await keepComment(commentsOf(rest, 7), body(1, 'staging', 'production-2'), BOT.id, settle)
    expect(github.store.comments).toHaveLength(2)
  })

  test('a late run does not overwrite a newer one', async () => {
    await using github = await startFakeGitHub()
    await write(github, 5)
    await write(github, 4)
    expect(github.store.comments.map(({ body: text }) => text)).toEqual([body(5)])
  })

  test('an answer that is lost leaves no second comment', async () => {
    await using github = await startFakeGitHub()
    github.faults = strike('POST', /comments/, { kind: 'lost' })
    await write(github, 1)
    expect(github.store.comments).toHaveLength(1)
  })

  test('a run that looked before us and writes after us is overwritten again', async () => {
    await using github = await startFakeGitHub()
    await write(github, 1)
    let late = 0
    const settle = async (): Promise<void> => {
      late++
      const [comment] = github.store.comments
      if (late === 1 && comment !== undefined) comment.body = body(2)
    }
    await keepComment(commentsOf(gitHubClient(github).rest, 7), body(3), BOT.id, settle)
    // Once for its own write, and once for that by which it won it back.
    expect(late).toBe(2)
    expect(github.store.comments.map(({ body: text }) => text)).toEqual([body(3)])
  })

  test('runs that race leave one comment', async () => {
    await using github = await startFakeGitHub()
    await Promise.all([1, 2, 3, 4, 5].map((run) => write(github, run)))
    expect(github.store.comments).toHaveLength(1)
  })

  test('another run writes between our look and our creation', async () => {
    await using github = await startFakeGitHub()
    github.faults = strike('POST', /comments/, {
      kind: 'meanwhile',
      happens: () => void github.store.comment(7, body(9), BOT),
    })
    await write(github, 2)
    expect(github.store.comments.map(({ body: text }) => text)).toEqual([body(9)])
  })

  test('it is taken away before we update it: a new one is made', async () => {
    await using github = await startFakeGitHub()
    await write(github, 1)
    github.faults = strike('PATCH', /comments/, {
      kind: 'meanwhile',
      happens: () => void github.store.comments.splice(0),
    })
    await write(github, 2)
    expect(github.store.comments.map(({ body: text }) => text)).toEqual([body(2)])
  })

  test('without permission nothing is tried again', async () => {
    await using github = await startFakeGitHub()
    github.faults = strike('POST', /comments/, {
      kind: 'status',
      status: 403,
      message: 'Resource not accessible by integration',
    })
    await expect(write(github, 1)).rejects.toMatchObject({ status: 403, remedy: /permissions of the job/ })
    expect(github.asked).toHaveLength(2)
  })
})

test('whatever comments are there, the steps end with one of ours that is never older than what was wanted', () => {
  const comment = fc.record({
    run: fc.integer({ min: 1, max: 5 }),
    text: fc.constantFrom('a', 'b'),
    author: fc.constantFrom(1, 2, undefined),
    kind: fc.constantFrom('ours', 'plain'),
  })
  fc.assert(
    fc.property(fc.array(comment, { maxLength: 8 }), fc.integer({ min: 1, max: 5 }), (given, run) => {
      const wanted = body(run, 'wanted')
      let found: Comment[] = given.map(({ run: earlier, text, author, kind }, index) => ({
        id: 100 - index,
        url: '',
        body: kind === 'ours' ? body(earlier, text) : text,
        author,
      }))
      const foreign = found.filter(({ author, body: text }) => author !== 1 || !text.startsWith('<!--'))
      for (let steps = 0; ; steps++) {
        expect(steps).toBeLessThan(20)
        const next = nextStep(found, wanted, 1)
        if (next.kind === 'create') found.push({ id: 200 + steps, url: '', body: next.body, author: 1 })
        else if (next.kind === 'update')
          found = found.map((one) => (one.id === next.id ? { ...one, body: next.body } : one))
        else if (next.kind === 'remove') found = found.filter(({ id }) => id !== next.id)
        else {
          const ours = found.filter((one) => !foreign.includes(one))
          expect(ours).toEqual([next.comment])
          expect(found.filter((one) => foreign.includes(one))).toEqual(foreign)
          return
        }
      }
    }),
  )
})
