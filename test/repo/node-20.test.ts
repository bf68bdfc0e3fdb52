import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
/** What the bundles are made from; they run on the oldest Node of `engines` (package.json). */
const FOLDERS = ['src', 'actions', 'cdktf']

/** Of Node itself, younger than 20.16. The language's own library is TypeScript's to know. */
const YOUNGER = [
  /\bURL\.parse\(/,
  /\bimport\.meta\.main\b/,
  /\b(globSync|findPackageJSON|registerHooks|stripTypeScriptTypes|markAsUncloneable)\b/,
  /\bglob\b[^'\n]*from 'node:fs/,
  /['"]node:(sqlite|sea|quic)['"]/,
  /\b(getCallSites?|getSystemErrorMessage|setTraceSigInt|parseEnv|loadEnvFile)\(/,
  // Guarded by `?.` it is fine: Node 20 goes without.
  /\benableCompileCache\(/,
  /\bimport \{[^}]*\bzstd\w+[^}]*\} from 'node:zlib'/,
  /\b(threadCpuUsage|execve|availableMemory)\(/,
  /\bcrypto\.hash\(|import \{[^}]*\bhash\b[^}]*\} from 'node:crypto'/,
  /\bnew (WebSocket|EventSource|CloseEvent|DisposableStack|AsyncDisposableStack|SuppressedError)\(/,
  /\b(navigator|localStorage|sessionStorage)\./,
  /\b(Error\.isError|RegExp\.escape|Math\.sumPrecise|Promise\.try|Array\.fromAsync)\(/,
]

test('what is bundled uses no part of the language that Node 20 lacks', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'sluice-node-20-'))
  const config = join(scratch, 'tsconfig.json')
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        // V8 of Node 20 has everything of 2023, and of 2024 the well-formed strings.
        lib: ['es2023', 'es2024.string'],
        typeRoots: [join(root, 'node_modules/@types')],
      },
      include: FOLDERS.map((folder) => `${join(root, folder)}/**/*.ts`),
    }),
  )
  const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', config], {
    encoding: 'utf8',
  })
  rmSync(scratch, { recursive: true })
  expect(stdout).toBe('')
  expect(status).toBe(0)
}, 60_000)

test('what is bundled uses no part of Node that 20.16 lacks', () => {
  const found = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .flatMap((entry) => {
        const path = join(entry.parentPath, entry.name)
        const text = readFileSync(path, 'utf8')
        return YOUNGER.filter((pattern) => pattern.test(text)).map(
          (pattern) => `${path.slice(root.length + 1)}: ${pattern.exec(text)?.[0]}`,
        )
      }),
  )
  expect(found).toEqual([])
})
