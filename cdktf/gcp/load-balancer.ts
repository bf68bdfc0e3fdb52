import { ComputeBackendService } from '@cdktf/provider-google/lib/compute-backend-service/index.js'
import { ComputeGlobalAddress } from '@cdktf/provider-google/lib/compute-global-address/index.js'
import { ComputeGlobalForwardingRule } from '@cdktf/provider-google/lib/compute-global-forwarding-rule/index.js'
import { ComputeRegionNetworkEndpointGroup } from '@cdktf/provider-google/lib/compute-region-network-endpoint-group/index.js'
import { ComputeSslPolicy } from '@cdktf/provider-google/lib/compute-ssl-policy/index.js'
import { ComputeTargetHttpProxy } from '@cdktf/provider-google/lib/compute-target-http-proxy/index.js'
import { ComputeTargetHttpsProxy } from '@cdktf/provider-google/lib/compute-target-https-proxy/index.js'
import { ComputeUrlMap } from '@cdktf/provider-google/lib/compute-url-map/index.js'
import { Construct } from 'constructs'
import { within } from '../core/short-hash.ts'

export interface LoadBalancerProps {
  /** `filmlens-europe`. */
  readonly name: string
  readonly location: string
  /** What is led to by its domain, and to no other. */
  readonly backends: readonly [Backend, ...Backend[]]
  /** Map of certificates, as target proxies name it. */
  readonly certificates: string
}

export interface Backend {
  /** Its name in sluice.yml. */
  readonly name: string
  /** Name of the service in Cloud Run. */
  readonly service: string
  readonly domain: string
}

const SCHEME = 'EXTERNAL_MANAGED'

/**
 * A global application load balancer in front of services of Cloud Run: TLS 1.2 and 1.3 alone, plain requests are sent there.
 */
export class LoadBalancer extends Construct {
  /** IPv4 address. */
  readonly address: string

  constructor(scope: Construct, id: string, props: LoadBalancerProps) {
    super(scope, id)
    const { name, backends, certificates } = props
    const address = new ComputeGlobalAddress(this, 'address', {
      name: within(name, 63),
      addressType: 'EXTERNAL',
      ipVersion: 'IPV4',
    })
    this.address = address.address
    const [first] = backends
    const map = new ComputeUrlMap(this, 'hosts', {
      name: within(name, 63),
      // No other name has a certificate, so nobody who checks one gets here.
      defaultUrlRedirect: {
        hostRedirect: first.domain,
        httpsRedirect: true,
        redirectResponseCode: 'FOUND',
        stripQuery: false,
      },
      hostRule: backends.map((backend) => ({ hosts: [backend.domain], pathMatcher: backend.name })),
      pathMatcher: backends.map((backend) => ({
        name: backend.name,
        defaultService: this.#backend(props, backend).id,
      })),
    })
    const policy = new ComputeSslPolicy(this, 'tls', {
      name: within(name, 63),
      profile: 'MODERN',
      minTlsVersion: 'TLS_1_2',
    })
    const secure = new ComputeTargetHttpsProxy(this, 'https', {
      name: within(`${name}-https`, 63),
      urlMap: map.id,
      certificateMap: certificates,
      sslPolicy: policy.id,
    })
    this.#listen('443', name, address.id, secure.id)
    const redirect = new ComputeUrlMap(this, 'redirect', {
      name: within(`${name}-redirect`, 63),
      defaultUrlRedirect: {
        httpsRedirect: true,
        redirectResponseCode: 'MOVED_PERMANENTLY_DEFAULT',
        stripQuery: false,
      },
    })
    const plain = new ComputeTargetHttpProxy(this, 'http', {
      name: within(`${name}-http`, 63),
      urlMap: redirect.id,
    })
    this.#listen('80', name, address.id, plain.id)
  }

  #backend({ name, location }: LoadBalancerProps, backend: Backend): ComputeBackendService {
    const full = within(`${name}-${backend.name}`, 63)
    const group = new ComputeRegionNetworkEndpointGroup(this, `endpoints-${backend.name}`, {
      name: full,
      region: location,
      networkEndpointType: 'SERVERLESS',
      cloudRun: { service: backend.service },
      lifecycle: { createBeforeDestroy: true },
    })
    return new ComputeBackendService(this, `backend-${backend.name}`, {
      name: full,
      loadBalancingScheme: SCHEME,
      protocol: 'HTTPS',
      backend: [{ group: group.id }],
      logConfig: { enable: true, sampleRate: 1 },
    })
  }

  #listen(port: '80' | '443', name: string, address: string, target: string): void {
    new ComputeGlobalForwardingRule(this, `port-${port}`, {
      name: within(`${name}-${port}`, 63),
      loadBalancingScheme: SCHEME,
      ipAddress: address,
      ipProtocol: 'TCP',
      portRange: port,
      target,
    })
  }
}
