import { connectedFiles } from './files.ts'
import { restApp } from './rest-app.ts'
import { Search } from './search.ts'
import { listening, required } from './settings.ts'

const files = connectedFiles()
const app = await restApp(files, new Search(required('SEARCH_URL'), files))
await app.listen(listening(8800))
process.once('SIGTERM', async () => {
  await app.close()
  await files.close()
  process.exit(0)
})
