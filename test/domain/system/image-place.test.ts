import { expect, test } from 'vitest'
import { upstreamOf } from '../../../src/domain/system/image-place.ts'

test.each([
  ['ghcr.io/mlflow/mlflow:v3.4.0', 'ghcr.io', 'mlflow/mlflow'],
  ['docker.io/apache/airflow:2.10.5', 'docker.io', 'apache/airflow'],
  ['index.docker.io/apache/airflow:2.10.5', 'docker.io', 'apache/airflow'],
  ['nginx:1.29', 'docker.io', 'library/nginx'],
  [`postgres@sha256:${'0'.repeat(64)}`, 'docker.io', 'library/postgres'],
  [`registry.example:5000/a/b:1@sha256:${'0'.repeat(64)}`, 'registry.example:5000', 'a/b'],
  ['localhost/a:1', 'localhost', 'a'],
])('%s comes from %s, as %s', (source, host, repository) => {
  expect(upstreamOf(source)).toEqual({ host, repository })
})
