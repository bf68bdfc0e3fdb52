import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { SluiceError } from '../../../src/domain/error.ts'
import type { BuiltImage } from '../../../src/domain/system/system.ts'

/** Text is a file, `{ link }` a symbolic link, `{ exec }` an executable file; a name with `/` at its end an empty folder. */
export type Tree = Readonly<Record<string, string | { readonly link: string } | { readonly exec: string }>>

export interface TestFolder extends Disposable {
  readonly path: string
  write(tree: Tree): void
}

export function folder(tree: Tree = {}): TestFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-context-')))
  const write = (files: Tree): void => {
    for (const [name, content] of Object.entries(files)) {
      const file = join(path, name)
      mkdirSync(name.endsWith('/') ? file : dirname(file), { recursive: true })
      if (name.endsWith('/')) continue
      if (typeof content === 'string') writeFileSync(file, content)
      else if ('link' in content) symlinkSync(content.link, file)
      else {
        writeFileSync(file, content.exec)
        chmodSync(file, 0o755)
      }
    }
  }
  write(tree)
  return { path, write, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export function builtImage(more: Partial<BuiltImage> = {}): BuiltImage {
  return {
    name: 'api',
    kind: 'build',
    context: '.',
    dockerfile: 'Dockerfile',
    args: {},
    secrets: {},
    ssh: false,
    platforms: ['linux/amd64'],
    ...more,
  }
}

/** Runs git with nothing of this machine's configuration. */
export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: cwd, GIT_CONFIG_NOSYSTEM: '1' },
  })
}

/** What a refused piece of work says, one problem a line; empty where it is not refused. */
export async function refusal(work: () => unknown): Promise<string[]> {
  try {
    await work()
  } catch (error) {
    if (error instanceof SluiceError) return error.message.split('\n')
    throw error
  }
  return []
}
