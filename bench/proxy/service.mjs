// The service behind the proxy: reads the body to its end and answers with its size.
import { createServer } from 'node:http'

const server = createServer((request, response) => {
  if (request.url === '/health') return response.end('ok')
  let size = 0
  request.on('data', (chunk) => {
    size += chunk.length
  })
  request.on('end', () => response.end(`${process.env.VERSION} ${size}`))
})
process.on('SIGTERM', () => server.close(() => process.exit(0)))
server.listen(Number(process.env.PORT), '127.0.0.1')
