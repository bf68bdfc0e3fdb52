import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dockerEngine, importBusybox } from '../real/docker-engine.ts'
import { describeReal } from '../real.ts'

const CONTEXT = join(import.meta.dirname, '../../examples/chicago-crime/apps/airflow')
const BASE = 'apache/airflow:2.10.5'
const BUILT = 'sluice-test/airflow'

/** Upon a small image of the base's name, because no registry that has Airflow's own is reached from here. */
describeReal('image of Airflow', ['dockerd'], () => {
  let docker: (...args: string[]) => string
  beforeAll(async () => {
    ;({ docker } = await dockerEngine())
    importBusybox(BASE)
  })
  afterAll(() => void docker('image', 'rm', '--force', BUILT, BASE))

  test('its Dockerfile builds, with our graph and the program that knows where database and cache are', () => {
    docker('build', '--quiet', '--tag', BUILT, CONTEXT)
    const found = docker('run', '--rm', '--network', 'none', BUILT, 'find', '/opt', '-type', 'f')
    expect(found.trim().split('\n').sort()).toEqual([
      '/opt/airflow/dags/freshness.py',
      '/opt/airflow/dags/window_is_fresh.py',
      '/opt/crime/connections.py',
    ])
  })
})
