// Asks the running product whether it is well; the exit code tells the container engine.
const { HTTP_PORT, LISTEN_HOST } = process.env
const everywhere = !LISTEN_HOST || LISTEN_HOST === '0.0.0.0' || LISTEN_HOST === '::'
const host = everywhere ? '127.0.0.1' : LISTEN_HOST.includes(':') ? `[${LISTEN_HOST}]` : LISTEN_HOST
try {
  const answer = await fetch(`http://${host}:${HTTP_PORT || 8080}/readyz`, {
    signal: AbortSignal.timeout(4000),
  })
  if (!answer.ok) throw new Error(`the health check answered ${answer.status}: ${await answer.text()}`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
