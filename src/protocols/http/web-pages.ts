import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { adminPages, clientPages } from '../../contract/pages.ts'
import type { HttpApp } from './http-app.ts'

/** A year: names of assets change with their content. */
const assetMaxAgeSeconds = 365 * 24 * 60 * 60

/** As the build names them, in one directory. */
const assetName = /^\w[\w.-]*$/

const areas = [
  { area: 'admin', pages: adminPages },
  { area: 'client', pages: clientPages },
] as const

/** Pages of earlier versions that are parts of others now. */
const moved: Readonly<Record<string, string>> = {
  'admin/user/:name': '../user#:name',
  'admin/folder/:name': '../folders',
  'admin/managers/:name': '../managers',
  'admin/changepwd': './profile',
  'client/changepwd': './profile',
  'client/editfile': './files',
  'client/viewpdf': './files',
}

export interface WebPageOptions {
  /** Holds admin.html, client.html, robots.txt and assets/, as the build leaves them. Absolute. */
  readonly directory: string
  /** False until the first user is made. */
  readonly hasUsers: () => Promise<boolean>
}

/**
 * The WebAdmin and the WebClient. Pages have one address segment each below `web/admin/` and `web/client/`, so that
 * relative addresses work below any base path.
 */
export async function serveWebPages(app: HttpApp, { directory, hasUsers }: WebPageOptions): Promise<void> {
  const shown = { config: { access: 'public' }, schema: { hide: true } } as const
  await app.register(fastifyStatic, {
    root: directory,
    serve: false,
    cacheControl: false,
    preCompressed: true,
    // Nobody goes on with an asset of some kilobytes, and the answer to a HEAD would be a part as well (RFC 9110 §14.2).
    acceptRanges: false,
  })

  app.get('/', shown, async (_request, reply) =>
    reply.redirect((await hasUsers()) ? './web/client/files' : './web/admin/setup', 302),
  )
  app.get('/robots.txt', shown, (_request, reply) => reply.sendFile('robots.txt'))
  app.get('/web', shown, (_request, reply) => reply.redirect('./', 302))
  for (const { area, pages } of areas) {
    app.get(`/web/${area}`, shown, (_request, reply) => reply.redirect(`./${area}/${pages[0]}`, 302))
    app.get(`/web/${area}/`, shown, (_request, reply) => reply.redirect(`./${pages[0]}`, 302))
    for (const page of pages)
      app.get(`/web/${area}/${page}`, shown, (_request, reply) =>
        reply.header('Cache-Control', 'no-cache').sendFile(`${area}.html`),
      )
    app.get<{ Params: { '*': string } }>(`/web/${area}/assets/*`, shown, (request, reply) => {
      const { '*': name } = request.params
      // What reads files by this name takes one that leads elsewhere for a fault of ours.
      if (!assetName.test(name)) return reply.callNotFound()
      return reply
        .header('Cache-Control', `public, max-age=${assetMaxAgeSeconds}, immutable`)
        .sendFile(name, join(directory, 'assets'))
    })
  }
  for (const [from, to] of Object.entries(moved))
    app.get<{ Params: { name?: string } }>(`/web/${from}`, shown, ({ params: { name = '' } }, reply) =>
      reply.redirect(
        to.replace(':name', () => encodeURIComponent(name)),
        302,
      ),
    )
}
