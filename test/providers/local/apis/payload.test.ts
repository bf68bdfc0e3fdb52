import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answerOf, eventOf } from '../../../../src/providers/local/apis/payload.ts'
import { matchRoute, parseRoute } from '../../../../src/providers/local/apis/route.ts'

const routes = [
  parseRoute('GET /videos', 'list'),
  parseRoute('GET /videos/{id}', 'one'),
  parseRoute('GET /videos/newest', 'newest'),
  parseRoute('ANY /videos/{id}', 'any'),
  parseRoute('GET /files/{path+}', 'files'),
  parseRoute('$default', 'rest'),
]

describe('routes', () => {
  test.each([
    ['GET', '/videos', 'list', {}],
    ['GET', '/videos/a%20b', 'one', { id: 'a b' }],
    ['GET', '/videos/newest', 'newest', {}],
    ['DELETE', '/videos/7', 'any', { id: '7' }],
    ['GET', '/files/a/b%2Fc', 'files', { path: 'a/b/c' }],
    ['POST', '/elsewhere', 'rest', {}],
    ['GET', '/videos/', 'rest', {}],
    ['GET', '/videos/1/2', 'rest', {}],
  ])('%s %s leads to %s', (method, path, func, parameters) => {
    const found = matchRoute(routes, method, path)
    expect([found?.route.func, found?.parameters]).toEqual([func, parameters])
  })

  test('no path and no method of a caller throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (method, path) => {
        expect(matchRoute(routes, method, `/${path}`)?.route.func).toBeDefined()
      }),
    )
  })
})

describe('events', () => {
  const request = {
    id: 'r1',
    api: 'videos',
    at: 0,
    method: 'GET',
    path: '/videos/7',
    query: 'a=1&a=2&b=x%20y',
    host: '127.0.0.1:1',
    sourceIp: '127.0.0.1',
    headers: { cookie: ['k=v; l=w'], 'x-many': ['1', '2'], 'content-type': ['application/json'] },
    body: Buffer.from('{"a":1}'),
  }
  const match = { route: parseRoute('GET /videos/{id}', 'f'), parameters: { id: '7' } }

  test('have the fields of payload format 2.0', () => {
    expect(eventOf(request, match)).toMatchObject({
      version: '2.0',
      routeKey: 'GET /videos/{id}',
      rawPath: '/videos/7',
      rawQueryString: 'a=1&a=2&b=x%20y',
      cookies: ['k=v', 'l=w'],
      headers: { 'x-many': '1,2' },
      queryStringParameters: { a: '1,2', b: 'x y' },
      pathParameters: { id: '7' },
      requestContext: {
        http: { method: 'GET', path: '/videos/7', sourceIp: '127.0.0.1' },
        stage: '$default',
      },
      body: '{"a":1}',
      isBase64Encoded: false,
    })
  })

  test('bytes that are no text travel as base64', () => {
    const body = Buffer.from([0, 255, 1])
    const bytes = { ...request, headers: { 'content-type': ['video/mp4'] }, body }
    expect(eventOf(bytes, match)).toMatchObject({ body: body.toString('base64'), isBase64Encoded: true })
  })
})

describe('answers', () => {
  const of = (value: unknown) => answerOf(Buffer.from(JSON.stringify(value) ?? 'null'))

  test('with a status are taken as they are', () => {
    const answer = of({
      statusCode: 201,
      headers: { 'Content-Type': 'image/png' },
      cookies: ['a=b'],
      body: Buffer.from([1, 2]).toString('base64'),
      isBase64Encoded: true,
    })
    expect(answer).toEqual({
      status: 201,
      headers: { 'content-type': 'image/png' },
      cookies: ['a=b'],
      body: Buffer.from([1, 2]),
    })
  })

  test('without one are the body of a 200', () => {
    expect(of({ a: 1 })?.body.toString()).toBe('{"a":1}')
    expect(of('text')?.body.toString()).toBe('text')
    expect(of({ a: 1 })?.status).toBe(200)
  })

  test.each([{ statusCode: 'x' }, { statusCode: 99 }, { statusCode: 200, body: { a: 1 } }])(
    'that API Gateway does not understand are none: %o',
    (value) => {
      expect(of(value)).toBeUndefined()
    },
  )
})
