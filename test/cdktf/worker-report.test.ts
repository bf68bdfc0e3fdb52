import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type BootScriptProps, bootScript } from '../../cdktf/aws/boot-script.ts'
import { REPORT_TYPE } from '../../src/providers/aws/workers/reports.ts'

const head = (work: BootScriptProps['work']): string =>
  bootScript({ region: 'eu-west-1', lifetime: 1e7, idleStop: 18e5, environment: {}, secrets: {}, work })[0]

/** The reports of a machine under a real shell, with programs that write down how they are called. */
function report(activities: readonly string[], runs: string): readonly unknown[] {
  const place = mkdtempSync(join(tmpdir(), 'sluice-report-'))
  const program = (name: string, text: string): void => {
    writeFileSync(join(place, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(place, name), 0o755)
  }
  program('docker', `case "$1" in ps) [ -z "${runs}" ] || echo c0ffee;; inspect) echo "${runs}";; esac`)
  program('curl', 'case "$*" in *api/token*) echo t0ken;; *"t0ken"*instance-id) echo i-1;; esac')
  program('aws', `echo "$*" >> ${place}/calls`)
  const text = head({ kind: 'script' })
  const [, functions = ''] = /\n(report\(\) \{\n[\s\S]*?\n\}\n)/.exec(text) ?? []
  const script = `${functions}${activities.map((one) => `report ${one}\n`).join('')}`
  try {
    const { status } = spawnSync('bash', ['-c', script.replaceAll('/opt/sluice', place)], {
      env: { PATH: `${place}:${process.env['PATH']}` },
    })
    expect(status).toBe(0)
    const calls = readFileSync(join(place, 'calls'), 'utf8').trim().split('\n')
    return calls.map((call) => {
      const [, command, items = ''] = /^(.*) --items (.*)$/.exec(call) ?? []
      expect(command).toBe('ssm put-inventory --region eu-west-1 --instance-id i-1')
      return (JSON.parse(items) as unknown[])[0]
    })
  } finally {
    rmSync(place, { recursive: true })
  }
}

test('a machine says in its inventory what it does and runs, and says it again only when that changes', () => {
  const image = `registry/detector@sha256:${'a'.repeat(64)}`
  const said = (Activity: string) => ({
    TypeName: REPORT_TYPE,
    SchemaVersion: '1.0',
    CaptureTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    Content: [{ Activity, Image: image }],
  })
  expect(report(['idle', 'idle', 'working', 'working', 'idle'], image)).toEqual([
    said('idle'),
    said('working'),
    said('idle'),
  ])
})

test('a machine without a container says that it runs nothing', () => {
  expect(report(['idle'], '')).toMatchObject([{ Content: [{ Activity: 'idle', Image: '' }] }])
})

test('the machine of a step leaves it to its agent to speak', () => {
  const step = { kind: 'image', image: { template: 'r/i:template', logs: '/steps' }, gpu: false } as const
  expect(head(step)).not.toContain('put-inventory')
  expect(head({ kind: 'script' })).toContain('put-inventory')
})
