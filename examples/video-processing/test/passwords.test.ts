import { expect, test } from 'vitest'
import { hashPassword, isPassword } from '../apps/web/passwords.ts'

test('a password is known again, and another is not', async () => {
  const kept = await hashPassword('a long sentence')
  expect(await isPassword('a long sentence', kept)).toBe(true)
  expect(await isPassword('a long sentencE', kept)).toBe(false)
})

test('the same password is kept in another form each time, and in none does it stand', async () => {
  const [one, other] = [await hashPassword('a long sentence'), await hashPassword('a long sentence')]
  expect(one).not.toBe(other)
  expect(`${one}${other}`).not.toContain('sentence')
})

test('letters that look the same are the same, however a keyboard composes them', async () => {
  expect(await isPassword('cafe\u0301 au lait', await hashPassword('caf\u00e9 au lait'))).toBe(true)
})

test('nobody and a damaged record let nobody in', async () => {
  expect(await isPassword('a long sentence', undefined)).toBe(false)
  for (const kept of ['', 'scrypt', 'scrypt$$', 'plain$a long sentence$']) {
    expect(await isPassword('a long sentence', kept)).toBe(false)
  }
})
