import { AcmCertificate } from '@cdktf/provider-aws/lib/acm-certificate/index.js'
import { AcmCertificateValidation } from '@cdktf/provider-aws/lib/acm-certificate-validation/index.js'
import { Lb } from '@cdktf/provider-aws/lib/lb/index.js'
import { LbListener } from '@cdktf/provider-aws/lib/lb-listener/index.js'
import { Route53Record } from '@cdktf/provider-aws/lib/route53-record/index.js'
import { Construct } from 'constructs'
import { accept } from '../core/accept.ts'
import { within } from '../core/short-hash.ts'
import { allowInternet, type Firewall } from './firewall.ts'
import { BALANCER_LOGS, type LogArchive } from './log-archive.ts'

export interface LoadBalancerProps {
  /** Cut with a hash where it is longer than the 32 characters of its kind. */
  readonly name: string
  /** Public subnets, of two zones at least. */
  readonly subnetIds: readonly string[]
  readonly firewall: Firewall
  /**
   * A proved certificate: requests are served over TLS, and plain ones sent there.
   * @default none: requests are served as plain HTTP under the load balancer's own name
   */
  readonly certificate?: Certificate
  /**
   * Keeps every request.
   * @default nothing is kept
   */
  readonly logs?: LogArchive
}

/** An application load balancer for the internet. Services add rules to its listener. */
export class LoadBalancer extends Construct {
  readonly dnsName: string
  readonly zoneId: string
  /** `app/name/id`, which metrics are named by. */
  readonly arnSuffix: string
  readonly listenerArn: string
  /** `https`, or `http` where there is no certificate. */
  readonly scheme: 'http' | 'https'

  constructor(scope: Construct, id: string, props: LoadBalancerProps) {
    super(scope, id)
    const { name, subnetIds, firewall, certificate, logs } = props
    const balancer = new Lb(this, 'balancer', {
      name: within(name, 32),
      loadBalancerType: 'application',
      internal: false,
      subnets: [...subnetIds],
      securityGroups: [firewall.id],
      dropInvalidHeaderFields: true,
      idleTimeout: 60,
      ...(logs === undefined
        ? {}
        : {
            accessLogs: { bucket: logs.bucket, prefix: BALANCER_LOGS, enabled: true },
            dependsOn: [logs.ready],
          }),
    })
    accept(balancer, {
      CKV_AWS_150: 'it holds no data, and a plan that deletes it says so',
      CKV2_AWS_28:
        'a firewall of the web costs by request and knows the application: it is put before the domain by who needs it',
    })
    allowInternet(this, 'in-80', firewall, 80)
    const nothingHere = {
      type: 'fixed-response',
      fixedResponse: { contentType: 'text/plain', messageBody: 'nothing is served here', statusCode: '404' },
    }
    const plain = new LbListener(this, 'http', {
      loadBalancerArn: balancer.arn,
      port: 80,
      protocol: 'HTTP',
      defaultAction: [
        certificate === undefined
          ? nothingHere
          : { type: 'redirect', redirect: { port: '443', protocol: 'HTTPS', statusCode: 'HTTP_301' } },
      ],
    })
    this.dnsName = balancer.dnsName
    this.zoneId = balancer.zoneId
    this.arnSuffix = balancer.arnSuffix
    this.scheme = certificate === undefined ? 'http' : 'https'
    if (certificate === undefined) {
      this.listenerArn = plain.arn
      return
    }
    allowInternet(this, 'in-443', firewall, 443)
    this.listenerArn = new LbListener(this, 'https', {
      loadBalancerArn: balancer.arn,
      port: 443,
      protocol: 'HTTPS',
      // TLS 1.2 and 1.3 alone.
      sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
      certificateArn: certificate.arn,
      defaultAction: [nothingHere],
    }).arn
  }
}

export interface CertificateProps {
  /** DNS names, sorted; the first is the certificate's own name. */
  readonly domains: readonly [string, ...string[]]
  /** Route 53 zone that proves them. */
  readonly zoneId: string
}

/** A certificate of ACM, proved by records in the zone. It renews itself as long as they stand. */
export class Certificate extends Construct {
  /** Usable: whoever refers to it waits for the proof. */
  readonly arn: string

  constructor(scope: Construct, id: string, { domains, zoneId }: CertificateProps) {
    super(scope, id)
    const [domain, ...others] = domains
    const certificate = new AcmCertificate(this, 'certificate', {
      domainName: domain,
      ...(others.length === 0 ? {} : { subjectAlternativeNames: others }),
      validationMethod: 'DNS',
      lifecycle: { createBeforeDestroy: true },
    })
    // The options are a set: found by name, so that another domain moves no record.
    const options = `aws_acm_certificate.${certificate.friendlyUniqueId}.domain_validation_options`
    const records = domains.map((name) => {
      const option = (field: string): string =>
        `\${[for option in ${options} : option.${field} if option.domain_name == "${name}"][0]}`
      return new Route53Record(this, `proof-${name}`, {
        zoneId,
        name: option('resource_record_name'),
        type: option('resource_record_type'),
        records: [option('resource_record_value')],
        ttl: 60,
        allowOverwrite: true,
      })
    })
    this.arn = new AcmCertificateValidation(this, 'proved', {
      certificateArn: certificate.arn,
      validationRecordFqdns: records.map((record) => record.fqdn),
    }).certificateArn
  }
}
