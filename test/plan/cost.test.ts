import { expect, test } from 'vitest'
import { costOf, costText } from '../../src/plan/cost.ts'

const database = (change: object = {}) => ({
  instance_class: 'db.t4g.small',
  allocated_storage: 30,
  storage_type: 'gp3',
  multi_az: false,
  ...change,
})

const stack = (resource: object, region = 'us-east-1') => [
  { name: 'data', document: { provider: { aws: [{ region }] }, resource } },
]

test('a database server costs its hours and its disk, and twice that in two zones', () => {
  // 0.032 * 730 + 30 * 0.115
  expect(costOf(stack({ aws_db_instance: { db: database() } }))?.monthly).toBeCloseTo(26.81, 6)
  const both = costOf(stack({ aws_db_instance: { db: database({ multi_az: true }) } }))
  expect(both?.monthly).toBeCloseTo(53.62, 6)
})

test('what has no price is named, and not counted as free', () => {
  const found = costOf(
    stack({
      aws_db_instance: { db: database({ instance_class: 'db.x9.huge' }) },
      aws_lb: { web: { load_balancer_type: 'application' }, net: { load_balancer_type: 'network' } },
      aws_nat_gateway: { a: {}, b: {} },
      aws_ecs_service: { api: {} },
      aws_iam_role: { api: {} },
    }),
  )
  expect(found).toMatchObject({ priced: 3, unpriced: ['aws_db_instance', 'aws_ecs_service', 'aws_lb'] })
  expect(found?.monthly).toBeCloseTo(0.0225 * 730 + 2 * 0.045 * 730, 6)
})

test('a region or cloud without a table has no estimate', () => {
  expect(costOf(stack({}, 'eu-north-1'))).toBeUndefined()
  expect(costOf(stack({}, 'constructor'))).toBeUndefined()
  expect(costOf([])).toBeUndefined()
  expect(
    costOf([{ name: 'x', document: { provider: { google: [{ region: 'us-east-1' }] } } }]),
  ).toBeUndefined()
})

test('the sentence says what it is for, of when, and what is not in it', () => {
  const found = costOf(
    stack({ aws_lb: { web: { load_balancer_type: 'application' } }, aws_s3_bucket: { raw: {} } }),
  )
  expect(found === undefined ? '' : costText(found)).toBe(
    'At least $16.43 a month for 1 resource, at list prices of us-east-1 of 2026-06-30, without use, traffic and discounts. Not in it: aws_s3_bucket.',
  )
})
