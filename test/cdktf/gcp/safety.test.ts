import { describe, expect, test } from 'vitest'
import { digestOf, imageReference } from '../../../src/domain/digest.ts'
import { ofType, one, stacks } from '../stack.ts'
import { EXAMPLE, SHOP, templateOf, VIDEO } from './shop.ts'

describe('one owner of the image', () => {
  test('R22 no image of a release stands in a stack: synthesis before and after a build is the same', async () => {
    const reference = imageReference(
      'europe-west4-docker.pkg.dev/films-prod/films-test-app/app',
      digestOf('app'),
    )
    const [without, having] = [await stacks(SHOP), await stacks(SHOP, 'test', { app: reference })]
    expect(JSON.stringify(having)).toBe(JSON.stringify(without))
    expect(JSON.stringify(having)).not.toContain('@sha256:')
  })

  test('R22 what rollouts, runs and pauses move is ignored by plans', async () => {
    const all = await stacks(SHOP)
    const ignored = (type: string) =>
      Object.values(ofType(all, type)).map(
        (resource) => (resource['lifecycle'] as { ignore_changes: string[] }).ignore_changes,
      )
    const service = ['template', 'traffic', 'scaling', 'client', 'client_version']
    expect(ignored('google_cloud_run_v2_service')).toEqual([service, service])
    expect(ignored('google_cloud_run_v2_job')).toEqual([['template', 'client', 'client_version']])
    expect(ignored('google_cloud_run_v2_worker_pool')).toEqual([
      ['template', 'instance_splits', 'scaling', 'client', 'client_version'],
    ])
  })

  test('R22 what a rollout deploys names the repository by the tag that no image has', async () => {
    const all = await stacks(SHOP)
    expect(templateOf(all, 'queue').containers[0]).toMatchObject({
      image: 'europe-west4-docker.pkg.dev/films-prod/films-test-app/app:template',
      command: ['node', 'queue.ts'],
    })
    expect(one(all, 'google_artifact_registry_repository')).toMatchObject({
      repository_id: 'films-test-app',
      docker_config: { immutable_tags: true },
    })
  })
})

describe('safe by default', () => {
  test('R32 Compute Engine itself deletes every machine when its time is over', async () => {
    const all = await stacks(EXAMPLE, 'europe')
    const templates = Object.values(ofType(all, 'google_compute_region_instance_template'))
    expect(templates).toHaveLength(2)
    for (const template of templates) {
      expect(template['scheduling']).toMatchObject({
        max_run_duration: { seconds: 86_400 },
        instance_termination_action: 'DELETE',
        automatic_restart: false,
      })
    }
  })

  test('R32 the dead-man timer is the first command of a machine', async () => {
    const all = await stacks(EXAMPLE, 'europe')
    const boots = all
      .flatMap(({ json }) => Object.entries((json['locals'] ?? {}) as Record<string, string>))
      .filter(([id]) => id.startsWith('worker-'))
    expect(boots).toHaveLength(2)
    for (const [, boot] of boots) {
      expect(boot.split('\n').slice(0, 2)).toEqual([
        '#!/bin/bash',
        'systemd-run --unit=sluice-deadline --on-active=86400 systemctl poweroff --force',
      ])
    }
  })

  test('a shell of a machine leads through Identity-Aware Proxy alone', async () => {
    const rules = Object.values(ofType(await stacks(EXAMPLE, 'europe'), 'google_compute_firewall'))
    const inward = rules.filter((rule) => rule['direction'] === 'INGRESS')
    expect(inward).toHaveLength(2)
    for (const rule of inward) expect(rule['source_ranges']).toEqual(['35.235.240.0/20'])
  })

  test('services with a domain are reached through the load balancer, over TLS 1.2 at least', async () => {
    const all = await stacks(SHOP)
    expect(one(all, 'google_cloud_run_v2_service', 'service-api')['ingress']).toBe(
      'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER',
    )
    expect(one(all, 'google_compute_ssl_policy')).toMatchObject({ min_tls_version: 'TLS_1_2' })
    expect(one(all, 'google_compute_url_map', 'internet_redirect')['default_url_redirect']).toMatchObject({
      https_redirect: true,
    })
    expect(one(all, 'google_dns_record_set', 'name-api')).toMatchObject({
      managed_zone: 'films-example',
      name: 'api.films.example.',
      type: 'A',
    })
  })

  test('APIs are switched on for what the system has, and never off', async () => {
    const apis = Object.values(ofType(await stacks(VIDEO, 'production'), 'google_project_service'))
    const names = apis.map(({ service }) => service)
    expect(names).toContain('sqladmin.googleapis.com')
    expect(names).not.toContain('memorystore.googleapis.com')
    expect(names).not.toContain('aiplatform.googleapis.com')
    for (const api of apis) expect(api['disable_on_destroy']).toBe(false)
  })
})
