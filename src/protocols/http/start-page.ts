import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { HttpApp } from './http-app.ts'

const files = [
  { url: '/', file: 'index.html' },
  { url: '/start.css', file: 'start.css' },
  { url: '/robots.txt', file: 'robots.txt' },
] as const

/** What the plugin shows when it is opened. Files are named one by one: nothing else can be asked for. */
export async function serveStartPage(app: HttpApp, webDirectory: string): Promise<void> {
  await app.register(fastifyStatic, { root: join(webDirectory, 'start'), serve: false, cacheControl: false })
  for (const { url, file } of files)
    app.get(url, { config: { access: 'public' }, schema: { hide: true } }, (_request, reply) =>
      reply.header('Cache-Control', 'no-cache').sendFile(file),
    )
}
