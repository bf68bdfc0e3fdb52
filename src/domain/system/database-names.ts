/**
 * The databases of a server that its cloud does not make: RDS makes the first, a task of one container the others, with the
 * server's own psql. The stack of the server has the task, and `apply` runs it.
 */

/** Key of the task in targets.json, and the name of its job: without a dot, so it is no step's. */
export const databaseNamesKey = (database: string): string => `${database}-names`

/**
 * The client, as upstream calls it: of the server's major version. A run pins the digest that the name has then.
 * https://gallery.ecr.aws/docker/library/postgres
 */
export const databaseClient = (version: string): string =>
  `public.ecr.aws/docker/library/postgres:${version.split('.')[0]}-alpine`

/** Variable that holds the databases, separated by commas. */
export const DATABASES_VARIABLE = 'DATABASES'

/**
 * Makes what is absent and touches nothing else, so it may run twice, or at the same moment. CREATE DATABASE has no IF NOT EXISTS
 * and stands in no transaction; `\gexec` runs what the query gives, one statement after the other.
 * https://www.postgresql.org/docs/current/app-psql.html
 */
const SQL = `SELECT format('CREATE DATABASE %I', name) FROM unnest(string_to_array(:'names', ',')) AS name
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \\gexec`

/** The container's command. psql reads standard input, where a name is a quoted value; server and password are PG* variables. */
export const DATABASE_NAMES_COMMAND: readonly string[] = [
  'sh',
  '-ec',
  `psql --no-psqlrc --set ON_ERROR_STOP=1 --set "names=$${DATABASES_VARIABLE}" <<'END'\n${SQL}\nEND`,
]
