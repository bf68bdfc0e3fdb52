import { ownHclOnAws, sluiceOutput } from '../world/own-hcl.ts'
import type { Run } from './act.ts'

/** A system of one service with images of its own, whose stack is a team's own: so its repository may be any registry. */
export const ACCOUNT = '222222222222'
export const REGION = 'us-east-1'
export const PROJECT = 'shop-project'
export const LOCATION = 'europe-west1'

const NAME = 'shop-production-web'

/** What was written under `infra: { hcl: own }`: `own/main.tf`, and the resources as JSON. */
export interface OwnStack {
  readonly system: string
  readonly hcl: string
  readonly resources: Readonly<Record<string, unknown>>
}

const system = (environment: string): string => `system: shop
environments:
  production: { ${environment} }
images:
  web: { context: app }
services:
  web: { image: web, port: 8080, health: /health, scale: { min: 1, max: 1 } }
rollout: { strategy: rolling, bake: 1s, checks: [] }
infra: { hcl: own }
`

export function shopOnAws(registry: string, states: string, ledger: string): OwnStack {
  const hcl = ownHclOnAws({
    system: 'shop',
    states,
    region: REGION,
    targets: `region = "${REGION}", ledger = "s3://${ledger}/ledger/", registries = { web = "${registry}/shop/web" }
    services = { web = {
      kind = "ecs-service", region = "${REGION}", cluster = "shop-production", service = "${NAME}", container = "web"
      loadBalanced = false, template = "${NAME}", roles = [], scale = { min = 1, max = 1 }
    } }`,
  })
  const container = { name: 'web', image: `${registry}/shop/web:template`, essential: true }
  return {
    system: system(`cloud: aws, account: "${ACCOUNT}", region: ${REGION}`),
    hcl,
    resources: {
      aws_ecs_cluster: { own: { name: 'shop-production' } },
      aws_ecs_task_definition: {
        web: {
          family: NAME,
          container_definitions: JSON.stringify([container]),
          cpu: '256',
          memory: '512',
          network_mode: 'awsvpc',
          requires_compatibilities: ['FARGATE'],
          skip_destroy: true,
        },
      },
      aws_ecs_service: {
        web: {
          name: NAME,
          // biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's own
          cluster: '${aws_ecs_cluster.own.arn}',
          // biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's own
          task_definition: '${aws_ecs_task_definition.web.arn}',
          launch_type: 'FARGATE',
          desired_count: 0,
          deployment_circuit_breaker: { enable: true, rollback: true },
          lifecycle: { ignore_changes: ['task_definition', 'desired_count', 'deployment_configuration'] },
        },
      },
    },
  }
}

/** Google's own image, of which a service is made before there is a release. */
const PLACEHOLDER = 'us-docker.pkg.dev/cloudrun/container/hello'

export function shopOnGoogle(registry: string, states: string, ledger: string): OwnStack {
  const hcl = `terraform {
  backend "gcs" {
    bucket = "${states}"
    prefix = "shop/production/own"
  }
  required_providers {
    google = { source = "hashicorp/google" }
  }
}
provider "google" {
  project = "${PROJECT}"
  region  = "${LOCATION}"
}
${sluiceOutput(
  'shop',
  `region = "${LOCATION}", ledger = "gs://${ledger}/ledger/", registries = { web = "${registry}/shop/web" }
    services = { web = {
      kind = "cloud-run-service", project = "${PROJECT}", location = "${LOCATION}", service = "${NAME}"
      url = google_cloud_run_v2_service.web.uri, scale = { min = 1, max = 1 }
      template = {
        scaling = { minInstanceCount = 1, maxInstanceCount = 1 }
        containers = [{ name = "web", image = "${registry}/shop/web:template", ports = [{ containerPort = 8080 }] }]
      }
    } }`,
)}`
  return {
    system: system(`cloud: gcp, project: ${PROJECT}, region: ${LOCATION}`).replace(
      'rolling',
      'canary, steps: [100%]',
    ),
    hcl,
    resources: {
      google_cloud_run_v2_service: {
        web: {
          name: NAME,
          location: LOCATION,
          ingress: 'INGRESS_TRAFFIC_ALL',
          invoker_iam_disabled: true,
          template: { containers: [{ image: PLACEHOLDER }] },
          lifecycle: { ignore_changes: ['template', 'traffic', 'scaling', 'client', 'client_version'] },
        },
      },
    },
  }
}

/** The files of the repository that calls. */
export const shopFiles = ({ system, hcl, resources }: OwnStack, base: string): Record<string, string> => ({
  'sluice.yml': system,
  'own/main.tf': hcl,
  'own/cdk.tf.json': JSON.stringify({ resource: resources }),
  'app/Dockerfile': `FROM ${base}\nCOPY page /page\n`,
  'app/page': 'one\n',
})

/** What every run of a deployment says. */
export const PUSH: Pick<Run, 'workflow' | 'event'> = { workflow: 'sluice-deploy.yml', event: 'push' }
