import { expect, test } from 'vitest'
import { describeReal } from '../real.ts'
import { openPreviews, pulls } from './previews.ts'

const DAY = 86_400_000
const closed = { open: false, touchedAt: 0 }

for (const cloud of ['aws', 'gcp'] as const) {
  describeReal(`previews on ${cloud}`, ['tofu', 'plugin protocol'], () => {
    test('R16 two stand beside each other; one whose pull request is closed goes whole, and nothing of the other', async () => {
      await using previews = await openPreviews(cloud)
      // An API of the project stays on for all that is in it; the simulated provider does not know `disable_on_destroy`.
      const staysOn = (attributes: Readonly<Record<string, unknown>>) =>
        attributes['disable_on_destroy'] === false
      const resources = () =>
        previews.world.store
          .list()
          .filter(({ type, attributes }) => type !== 'google_project_service' || !staysOn(attributes))
          .map(({ type, key }) => `${type} ${key}`)
      await previews.deploy('pr-8')
      const [before, statesBefore] = [resources(), await previews.states()]
      expect(statesBefore.length).toBeGreaterThan(2)
      await previews.deploy('pr-7')
      expect(resources().length).toBeGreaterThan(before.length)
      expect(await previews.states()).toContainEqual(expect.stringMatching(/^films\/pr\/preview-7\//))

      // Now the base is checked out, which never had what the pull request had added to the stack of data.
      await previews.configure((text) => text.replace(/^components: .*\n/m, ''))
      const rests = { 7: closed, 8: { open: true, touchedAt: Date.now() - DAY } }
      const asked = await previews.operate('pr', { operation: 'reap' }, { pulls: pulls(rests) })
      expect(asked.message).toBe('1 of 2 previews would be removed; add --yes to do it')
      expect(resources().length).toBeGreaterThan(before.length)
      const reaped = await previews.operate('pr', { operation: 'reap', yes: true }, { pulls: pulls(rests) })
      expect(reaped).toMatchObject({ outcome: 'done', message: 'removed 1 of 2 previews' })
      expect(reaped.data['previews']).toEqual(['pr-7'])
      expect(resources()).toEqual(before)
      expect(await previews.states()).toEqual(statesBefore)

      const other = await previews.operate('pr-8', { operation: 'destroy', confirm: 'pr-7' })
      expect(other).toMatchObject({ outcome: 'usage', remedy: 'if you mean it, add --confirm pr-8' })
      expect(resources()).toEqual(before)
      const destroyed = await previews.operate('pr-8', { operation: 'destroy', confirm: 'pr-8' })
      expect(destroyed).toMatchObject({ outcome: 'done', message: 'preview pr-8 is destroyed' })
      expect([resources(), await previews.states()]).toEqual([[], []])
      const again = await previews.operate('pr-8', { operation: 'destroy', confirm: 'pr-8' })
      expect(again).toMatchObject({ outcome: 'done', message: 'there is no preview pr-8' })
    }, 400_000)
  })
}

describeReal('what is no preview', ['tofu', 'plugin protocol'], () => {
  test('R16 an environment of a cloud that is no preview is not destroyed, and what previews are made like is not planned', async () => {
    await using previews = await openPreviews('aws')
    const staging = await previews.operate('staging', { operation: 'destroy', confirm: 'staging' })
    expect(staging).toMatchObject({
      outcome: 'usage',
      message: 'environment staging is on cloud aws, which tidies up by its own rules',
    })
    expect(await previews.plan('pr')).toMatchObject({
      outcome: 'usage',
      message: expect.stringContaining('environment pr is what previews are made like'),
    })
    expect([previews.world.store.list(), await previews.states()]).toEqual([[], []])
  }, 60_000)
})
