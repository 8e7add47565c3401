import { readFile } from 'node:fs/promises'
import FtpServer from 'ftp-srv'

/**
 * Serves one directory to one user. The only argument is JSON: `root`, `username`, `password`, `passivePorts` ([first, last]),
 * `tls` (optional: `key` and `cert`, paths of PEM files). When it listens it prints one JSON line with its `port`.
 */
const { root, username, password, passivePorts, tls } = JSON.parse(process.argv[2] ?? '{}')

const quiet = {
  child: () => quiet,
  ...Object.fromEntries(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map((level) => [level, () => undefined]),
  ),
}

const server = new FtpServer({
  url: 'ftp://127.0.0.1:0',
  pasv_url: '127.0.0.1',
  pasv_min: passivePorts[0],
  pasv_max: passivePorts[1],
  log: quiet,
  tls: tls === undefined ? false : { key: await readFile(tls.key), cert: await readFile(tls.cert) },
})

server.on('login', (given, resolve, reject) => {
  if (given.username === username && given.password === password) resolve({ root })
  else reject(new Error('wrong username or password'))
})

await server.listen()
console.log(JSON.stringify({ ready: true, port: server.server.address().port }))
