import type { FastifyInstance } from 'fastify'
import { LIFETIME, type Tokens } from './tokens.ts'
import type { Users } from './users.ts'

interface Credentials {
  readonly email: string
  readonly password: string
}

const body = {
  type: 'object',
  required: ['email', 'password'],
  additionalProperties: false,
  properties: {
    email: { type: 'string', format: 'email', maxLength: 254, examples: ['ada@example.com'] },
    password: { type: 'string', minLength: 10, maxLength: 200, examples: ['a long sentence'] },
  },
}

export function accountRoutes(
  app: FastifyInstance,
  { users, tokens }: { readonly users: Users; readonly tokens: Tokens },
): void {
  app.post<{ Body: Credentials }>(
    '/users',
    { schema: { summary: 'Sign up', tags: ['accounts'], body } },
    async ({ body: { email, password } }, reply) => {
      const id = await users.add(email, password)
      if (id === undefined) return reply.code(409).send({ error: `${email} has an account` })
      return reply.code(201).send({ id })
    },
  )

  app.post<{ Body: Credentials }>(
    '/sessions',
    { schema: { summary: 'Sign in: a token for an hour', tags: ['accounts'], body } },
    async ({ body: { email, password } }, reply) => {
      const id = await users.find(email, password)
      if (id === undefined) return reply.code(401).send({ error: 'no account has this address and password' })
      return reply.code(201).send({ token: await tokens.issue(id), expiresIn: LIFETIME })
    },
  )
}
