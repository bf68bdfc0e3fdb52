/**
 * `npm run tools`: what some tests need beside Node, into a cache outside the repository, where Go and Python are there.
 * What is installed already stays.
 */
import { buildkit } from './tools/buildkit.ts'
import { cdktn } from './tools/cdktn.ts'
import { goTools } from './tools/go.ts'
import { opentofu } from './tools/opentofu.ts'
import { pubsub } from './tools/pubsub.ts'
import { pythonTools } from './tools/python.ts'

if (![goTools(), opentofu(), buildkit(), pubsub(), pythonTools(), cdktn()].every(Boolean))
  process.exitCode = 1
