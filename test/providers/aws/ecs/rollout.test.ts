import { afterEach, expect, test } from 'vitest'
import { rollOut } from '../../../world/client.ts'
import { image } from '../../../world/cloud.ts'
import { type EcsWorld, openEcsWorld } from '../../../world/ecs-world.ts'

let world: EcsWorld
afterEach(() => world[Symbol.asyncDispose]())

const roll = (content: string, commit = content) =>
  rollOut(world, { system: world.system, content: { web: content }, commit })

test('R23 says deployed when our deployment is successful and every task has the digest', async () => {
  world = await openEcsWorld()
  const first = await roll('v1')
  expect(first.report).toMatchObject({ outcome: 'done' })
  expect(world.serves()).toBe(image('web', 'v1'))
  const second = await roll('v2')
  expect(second.report).toMatchObject({ outcome: 'done' })
  expect(world.serves()).toBe(image('web', 'v2'))
})
