import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody, sendHtml } from './http.ts'
import { consoleCookie } from './reverse-proxy.ts'
import type { World } from './world.ts'

export function isForConsole(target: string): boolean {
  return target === '/console/' || target === '/console/login'
}

/** The platform's web console, as far as a plugin in its frame notices it. */
export async function serveConsole(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.url === '/console/login' && request.method === 'POST') return signIn(world, request, response)
  if (request.url === '/console/') return sendPage(world, response)
  sendHtml(response, 404, 'Not Found')
}

async function signIn(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const fields = new URLSearchParams((await readBody(request)).toString())
  const user = world.findUser(fields.get('user') ?? '')
  if (user === undefined || user.password !== fields.get('password'))
    return sendHtml(response, 401, 'Unauthorized')
  const cookie = `${consoleCookie}=${world.issueAccessToken(user.user)}; Path=/; HttpOnly; SameSite=Lax`
  response.writeHead(303, { 'set-cookie': cookie, location: '/console/', 'content-length': 0 })
  response.end()
}

function sendPage(world: World, response: ServerResponse): void {
  const { user, plugin } = world.plugin
  const page =
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Console</title>' +
    '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">' +
    '<style>body { margin: 0; display: grid; grid-template-rows: 3rem 1fr; height: 100vh; background: #1b2a3a }' +
    'header { padding: 0.75rem; color: #fff; font-family: sans-serif } iframe { border: 0; width: 100%; height: 100%; background: #fff }</style>' +
    '</head><body><header>Console</header>' +
    `<iframe title="plugin" src="/users/${user}/plugins/${plugin}/"></iframe></body></html>`
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(page),
    'x-frame-options': 'SAMEORIGIN',
  })
  response.end(page)
}
