import { mkdir, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { ServerPlace, ServerUnderTest } from '../harness/row.ts'
import { startDaemon } from './daemon.ts'
import { unpackDebianPackages } from './debian-package.ts'
import { findFreePort } from './free-port.ts'

/** Debian's nginx with sendfile; it serves the directory to everybody. */
export async function startNginx({ directory }: ServerPlace): Promise<ServerUnderTest> {
  const { root } = await unpackDebianPackages(['nginx'])
  const home = join(directory, 'home')
  const temporary = join(directory, 'temporary')
  await mkdir(home, { recursive: true })
  await mkdir(temporary, { recursive: true })
  const port = await findFreePort()
  const configuration = join(directory, 'nginx.conf')
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const settings = [
    'daemon off;',
    ...(userInfo().uid === 0 ? ['user root;'] : []),
    'worker_processes auto;',
    'error_log /dev/null;',
    `pid ${join(directory, 'pid')};`,
    'events { worker_connections 1024; }',
    'http {',
    ...places.map((place) => `${place}_temp_path ${join(temporary, place)};`),
    'access_log off;',
    'sendfile on;',
    'tcp_nopush on;',
    'keepalive_timeout 65;',
    'default_type application/octet-stream;',
    `server { listen 127.0.0.1:${port}; root ${home}; }`,
    '}',
  ]
  await writeFile(configuration, `${settings.join('\n')}\n`)
  const args = ['-p', directory, '-c', configuration, '-e', '/dev/null']
  const daemon = await startDaemon({ program: join(root, 'usr/sbin/nginx'), args, port })
  return { ...daemon, name: 'nginx', home, httpUrl: `http://127.0.0.1:${port}` }
}
