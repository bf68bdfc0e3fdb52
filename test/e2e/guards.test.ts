import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { codeSpan } from '../../src/report/foreign-text.ts'
import { describeReal } from '../real.ts'
import { bucket, type OwnStack, openOwnStack } from './own-stack.ts'

const TIME = 180_000
const PROTECTED = { lifecycle: { prevent_destroy: true } }

/** A stack with one bucket that is there, which the configuration protects from its end. */
async function withBucket(): Promise<OwnStack> {
  const own = await openOwnStack({ aws_s3_bucket: { one: bucket('one', PROTECTED) } })
  await own.plan()
  expect(await own.apply()).toMatchObject({ outcome: 'done' })
  return own
}

const names = (own: OwnStack): string[] => own.world.store.list().map(({ key }) => key)

describeReal('what a plan may not do unnamed, by OpenTofu', ['tofu'], () => {
  test(
    'R16 a block that is taken out stops, whatever its lifecycle said, until address and plan are named',
    async () => {
      await using own = await withBucket()
      await own.resources({ aws_s3_bucket: { next: bucket('next') } })
      const plan = await own.plan()
      const address = 'aws_s3_bucket.one'
      const id = await own.id()
      expect(plan.data['guard']).toMatchObject({
        verdict: 'needs-naming',
        findings: [{ kind: 'loss', address, threat: 'delete' }],
      })
      expect(plan.summary).toContain('#### This stops until it is named')
      expect(plan.summary).toContain(codeSpan(`--allow-loss ${address}@${id}`))
      for (const allowLoss of [[], [address], [`${address}@000000000000`], [`aws_s3_bucket.other@${id}`]]) {
        const report = await own.apply({ allowLoss })
        expect(report).toMatchObject({
          outcome: 'refused',
          remedy: `sluice apply --allow-loss ${address}@${id}`,
        })
        expect(report.message).toContain('delete_because_no_resource_config')
        expect(names(own)).toEqual(['one'])
      }
      expect(await own.apply({ allowLoss: [`${address}@${id}`] })).toMatchObject({ outcome: 'done' })
      expect(names(own)).toEqual(['next'])
    },
    TIME,
  )

  test(
    'R16 a renamed block stops as well, and with a moved block it does not',
    async () => {
      await using own = await withBucket()
      await own.resources({ aws_s3_bucket: { other: bucket('other', PROTECTED) } })
      await own.plan()
      expect((await own.apply()).message).toContain(
        'deletes aws_s3_bucket.one in stack own, which holds data',
      )
      await own.resources({ aws_s3_bucket: { other: bucket('one', PROTECTED) } })
      await writeFile(
        join(own.folder, 'own/moved.tf.json'),
        JSON.stringify({ moved: { from: 'aws_s3_bucket.one', to: 'aws_s3_bucket.other' } }),
      )
      expect((await own.plan()).data['guard']).toMatchObject({ verdict: 'allowed' })
      expect(await own.apply()).toMatchObject({ outcome: 'done' })
      expect(names(own)).toEqual(['one'])
    },
    TIME,
  )

  test(
    'R16 more destroys than the team allows stop, and a flip of what protects',
    async () => {
      await using own = await openOwnStack({
        aws_s3_bucket: { one: bucket('one', { force_destroy: false }) },
        terraform_data: { a: { input: 'a' }, b: { input: 'b' } },
      })
      await own.configure('guards: { destroys: 1 }\n')
      await own.plan()
      expect(await own.apply()).toMatchObject({ outcome: 'done' })
      await own.resources({ aws_s3_bucket: { one: bucket('one', { force_destroy: true }) } })
      await own.plan()
      const id = await own.id()
      const report = await own.apply({ allowLoss: [`aws_s3_bucket.one@${id}`] })
      expect(report).toMatchObject({ outcome: 'refused', remedy: `sluice apply --allow-loss destroys@${id}` })
      expect(report.message).toContain('deletes or replaces 2 resources, and at most 1 may go at once')
      expect((await own.apply({ allowLoss: [`destroys@${id}`] })).message).toContain(
        'takes force_destroy from',
      )
      const both = [`destroys@${id}`, `aws_s3_bucket.one@${id}`]
      expect(await own.apply({ allowLoss: both })).toMatchObject({ outcome: 'done' })
    },
    TIME,
  )
})

describeReal("a team's own policy, on plans by OpenTofu", ['tofu'], () => {
  const policy = (text: string) => async (own: OwnStack) => writeFile(join(own.folder, 'policy.mjs'), text)
  const open = async (how: string): Promise<OwnStack> => {
    const own = await openOwnStack({ aws_s3_bucket: { one: bucket('one') } })
    await own.configure(`guards: { policy: [${process.execPath}, policy.mjs${how}] }\n`)
    return own
  }

  test(
    'R17 a pass on values that nobody knows yet needs a person; an id in a script is none',
    async () => {
      await using own = await open('')
      await policy(`
      import { readFileSync, writeFileSync } from 'node:fs'
      const plan = JSON.parse(readFileSync(0, 'utf8'))
      writeFileSync('seen.json', JSON.stringify([plan.resource_changes[0].address, Object.keys(process.env)]))
    `)(own)
      const plan = await own.plan()
      expect(plan.data['guard']).toMatchObject({ verdict: 'cannot-decide' })
      const [address, variables] = JSON.parse(await readFile(join(own.folder, 'seen.json'), 'utf8'))
      expect(address).toBe('aws_s3_bucket.one')
      expect((variables as string[]).filter((name) => /AWS|TF_|SLUICE|GITHUB/.test(name))).toEqual([])
      const approve = await own.id()
      const nobody = { world: { ask: undefined } }
      const scripted = await own.apply({ approve }, nobody)
      expect(scripted).toMatchObject({ outcome: 'refused' })
      expect(scripted.message).toContain('no rule can decide this plan: the policy cannot see')
      expect(names(own)).toEqual([])
      expect(await own.apply()).toMatchObject({ outcome: 'done' })
    },
    TIME,
  )

  test(
    'R17 a refusal is one whatever is named, a crash is no pass, and the plan is not left behind',
    async () => {
      await using own = await open(', "{plan}"')
      await policy(`
      import { readFileSync } from 'node:fs'
      JSON.parse(readFileSync(process.argv[2], 'utf8'))
      console.log('the bucket is public')
      process.exit(1)
    `)(own)
      await own.plan()
      const id = await own.id()
      const refused = await own.apply({ allowLoss: [`policy@${id}`, id] })
      expect(refused).toMatchObject({ outcome: 'refused', remedy: 'change the plan, or the policy' })
      expect(own.events).toContainEqual({ kind: 'output', source: 'policy', line: 'the bucket is public' })
      await policy('process.exit(2)')(own)
      expect((await own.plan()).data['guard']).toMatchObject({
        verdict: 'cannot-decide',
        findings: [{ kind: 'undecided', text: expect.stringContaining('it ended with code 2') }],
      })
      const scripted = await own.apply({ approve: await own.id() }, { world: { ask: undefined } })
      expect(scripted.outcome).toBe('refused')
      const files = await own.runtime().files.list(join(own.state, 'plans'))
      expect(files.filter((name) => name.endsWith('.json'))).toEqual([])
      expect(names(own)).toEqual([])
    },
    TIME,
  )

  test(
    'R13 other rules than those that the plan was judged by are another policy',
    async () => {
      await using own = await openOwnStack({ aws_s3_bucket: { one: bucket('one') } })
      await own.plan()
      await own.configure('guards: { destroys: 100 }\n')
      const report = await own.apply()
      expect(report.outcome).toBe('stale')
      expect(report.message).toContain('policy.rules of stack own')
    },
    TIME,
  )
})
