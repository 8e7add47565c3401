import swagger from '@fastify/swagger'
import { apiError } from '../../contract/api-answer.ts'
import { csrfHeader } from '../../contract/session.ts'
import { tokenHeader, type RouteAccess } from './access.ts'
import type { BasePath } from './base-path.ts'
import { adminCookie, userCookie } from './cookies.ts'
import type { HttpApp } from './http-app.ts'

const securitySchemes = {
  BasicAuth: { type: 'http', scheme: 'basic', description: 'For `GET /api/v2/token` alone.' },
  BearerAuth: { type: 'http', scheme: 'bearer', description: 'The token of `/api/v2/token`.' },
  TokenHeader: {
    type: 'apiKey',
    in: 'header',
    name: tokenHeader,
    description:
      'The token of `/api/v2/token`, for requests through the Thinger.io console, which judges Authorization itself.',
  },
  AdminSession: { type: 'apiKey', in: 'cookie', name: adminCookie, description: 'Of the WebAdmin.' },
  UserSession: { type: 'apiKey', in: 'cookie', name: userCookie, description: 'Of the WebClient.' },
  PageToken: {
    type: 'apiKey',
    in: 'header',
    name: csrfHeader,
    description: 'The `csrf_token` of the session, beside its cookie, for everything but GET and HEAD.',
  },
} as const

type Security = Readonly<Record<string, string[]>>[]

const adminSecurity: Security = [{ BearerAuth: [] }, { TokenHeader: [] }, { AdminSession: [], PageToken: [] }]
const userSecurity: Security = [{ UserSession: [], PageToken: [] }]

/** Describes every route that is registered after it, from the schemas that check its requests and answers. */
export async function describeRoutes(app: HttpApp, version: string, basePath: BasePath): Promise<void> {
  const below = basePath.path === '/' ? [] : [{ url: basePath.path.slice(0, -1) }]
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'SFTPGo plugin for Thinger.io',
        description:
          'Users, folders, connections and quotas of the SFTP and FTP server. Lists are plain arrays; PUT replaces ' +
          'the whole object; fields that are unknown are ignored, and a null counts as a field left out.',
        version,
      },
      servers: [{ url: '/' }, ...below],
      components: { securitySchemes },
    },
    transform: ({ schema, url, route }) => ({ schema: documented(schema ?? {}, route.config?.access), url }),
    transformObject: (document) =>
      'openapiObject' in document
        ? (withComponents(document.openapiObject) as typeof document.openapiObject)
        : document.swaggerObject,
  })
}

function documented<T extends object>(schema: T, access: RouteAccess | undefined): T {
  const response = 'response' in schema && typeof schema.response === 'object' ? schema.response : {}
  const security = access === 'public' ? [] : access === 'user' ? userSecurity : adminSecurity
  const needs = Array.isArray(access) ? `Needs one of the permissions: ${access.join(', ')}.` : undefined
  return {
    security,
    ...(needs === undefined ? {} : { description: needs }),
    ...schema,
    response: { ...response, default: { description: 'Refused or failed.', ...apiError } },
  }
}

/** Moves every schema that has a title to the components and leaves a reference in its place. */
function withComponents(document: object): object {
  const schemas: Record<string, unknown> = {}
  const moved = move(document, schemas)
  const { components = {}, paths = {}, ...rest } = moved as { components?: object; paths?: object }
  return { ...rest, components: { ...components, schemas }, paths }
}

function move(value: unknown, schemas: Record<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((item) => move(item, schemas))
  if (typeof value !== 'object' || value === null) return value
  const copy = Object.fromEntries(Object.entries(value).map(([key, child]) => [key, move(child, schemas)]))
  if (typeof copy['title'] !== 'string' || !('type' in copy || 'enum' in copy)) return copy
  const { title, ...schema } = copy
  const known = schemas[title]
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema))
    throw new Error(`two different schemas have the title ${title}`)
  schemas[title] = schema
  return { $ref: `#/components/schemas/${title}` }
}
