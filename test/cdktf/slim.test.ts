import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { withoutHcl } from '../../scripts/slim-cdktf.ts'

const require = createRequire(import.meta.url)

test.each(['ecs-service', 'launch-template', 's3-bucket'])(
  'the binding %s without its HCL is smaller and has every name that it had',
  (name) => {
    const path = require.resolve(`@cdktf/provider-aws/lib/${name}/index.js`)
    const source = readFileSync(path, 'utf8').replace(/^\/\/# sourceMappingURL.*$/m, '')
    const slim = withoutHcl(source)
    expect(slim.length).toBeLessThan(source.length * 0.85)
    const names = (text: string): string[] => {
      const module = { exports: {} }
      new Function('module', 'exports', 'require', text)(module, module.exports, require)
      return Object.keys(module.exports).sort()
    }
    expect(names(slim)).toEqual(names(source))
  },
)
