import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boot-'))
  await mkdir(join(folder, 'bin'))
  // As cloud-init has it: the script alone, without the sources.
  await copyFile(join(import.meta.dirname, '../worker/boot.sh'), join(folder, 'work.sh'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** A program of the machine that writes down how it was called, then does this. */
async function program(name: string, does: string): Promise<void> {
  const path = join(folder, 'bin', name)
  await writeFile(path, `#!/bin/bash\necho "${name} $*" >> "${folder}/calls"\n${does}\n`)
  await chmod(path, 0o755)
}

async function boot(): Promise<readonly string[]> {
  const home = join(folder, 'home')
  await promisify(execFile)('bash', [join(folder, 'work.sh')], {
    env: {
      PATH: [join(folder, 'bin'), process.env['PATH'] ?? ''].join(delimiter),
      DETECTOR_HOME: home,
      RAW_URI: 's3://films-raw',
      CODE_PREFIX: 'code/',
    },
  })
  const calls = (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n')
  return calls.map((line) => line.replaceAll(home, 'HOME'))
}

test('a machine of the cloud fetches the newest detector and starts it again until it ends well', async () => {
  await program('aws', '')
  await program('dnf', '')
  await program(
    'python3',
    'mkdir -p "$3/bin"; for p in python pip; do ln -sf "$(dirname "$0")/$p" "$3/bin/$p"; done',
  )
  await program('pip', '')
  await program('python', 'echo /opt/ffmpeg')
  await program(
    'node',
    `echo "FFMPEG=$FFMPEG in $PWD" >> "${folder}/calls"; [ -e "${folder}/once" ] || { touch "${folder}/once"; exit 9; }`,
  )
  const run = ['node HOME/code/detector.mjs', 'FFMPEG=/opt/ffmpeg in HOME/work']
  expect(await boot()).toEqual([
    'python3 -m venv HOME/venv',
    'pip install --quiet imageio-ffmpeg==0.6.0',
    expect.stringMatching(/^python -c import imageio_ffmpeg/),
    'aws s3 sync --delete s3://films-raw/code/ HOME/code',
    ...run,
    ...run,
  ])
})

test('a machine that cannot fetch the detector runs no other', async () => {
  await program('aws', 'exit 1')
  await program(
    'python3',
    'mkdir -p "$3/bin"; for p in python pip; do ln -sf "$(dirname "$0")/$p" "$3/bin/$p"; done',
  )
  await program('pip', '')
  await program('python', 'echo /opt/ffmpeg')
  await program('node', '')
  await expect(boot()).rejects.toMatchObject({ code: 1 })
  expect(await readFile(join(folder, 'calls'), 'utf8')).not.toContain('node ')
})
