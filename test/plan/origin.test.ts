import { expect, test } from 'vitest'
import { originOf } from '../../src/plan/origin.ts'

const KEYS = [
  'services.api',
  'services.api-admin',
  'services.web',
  'images.api',
  'buckets.raw',
  'databases.db',
  'caches.valkey',
  'pipelines.nightly',
  'pipelines.night',
  'topics.uploaded',
  'apis.videos',
]

test.each([
  ['service-api_service_454F4786', 'services.api'],
  ['task-api-admin_definition_624F1AFC', 'services.api-admin'],
  ['alarm-api-5xx_alarm_4EB999B6', 'services.api'],
  ['image-api_lifecycle_D5DD6DE3', 'images.api'],
  ['bucket-raw', 'buckets.raw'],
  ['step-nightly-extract_logs_group_519A6172', 'pipelines.nightly'],
  ['web-to-db', 'services.web'],
  ['internet-to-api', 'services.api'],
  ['firewall-cache-valkey', 'caches.valkey'],
  ['firewall-pipeline-nightly', 'pipelines.nightly'],
  ['api-videos_api_22814D8D', 'apis.videos'],
  ['subscription-uploaded', 'topics.uploaded'],
  ['network_closed_63FD3F84', undefined],
  ['certificate_3C59EBE5', undefined],
  ['service-gone_service_454F4786', undefined],
  ['constructor_x', undefined],
  ['', undefined],
])('%s was made for %s', (name, key) => {
  expect(originOf(name, KEYS)).toBe(key)
})
