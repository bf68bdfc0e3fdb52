import { connectedFiles } from './files.ts'
import { graphqlApp } from './graphql-app.ts'
import { Search } from './search.ts'
import { listening, required } from './settings.ts'

const files = connectedFiles()
const app = graphqlApp(files, new Search(required('SEARCH_URL'), files))
await app.listen(listening(8801))
process.once('SIGTERM', async () => {
  await app.close()
  await files.close()
  process.exit(0)
})
