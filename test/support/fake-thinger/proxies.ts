import { authenticate, notFound, ok, Refusal, type Answer, type Call, type Route } from './http.ts'
import type { FakeProxy } from './options.ts'

export const proxyRoutes: readonly Route[] = [
  { method: 'GET', path: /^\/v1\/proxies$/, handle: listProxies },
  { method: 'GET', path: /^\/v1\/proxies\/([^/]+)$/, handle: readProxy },
]

function listProxies(call: Call): Answer {
  enter(call)
  return ok(call.world.proxies.map(summarize))
}

function readProxy(call: Call, id = ''): Answer {
  enter(call)
  const proxy = call.world.proxies.find((candidate) => candidate.proxy === id)
  if (proxy === undefined) throw notFound()
  return ok({ ...summarize(proxy), config: proxy.config })
}

/** Proxies belong to the instance: only its admins may see them. */
function enter(call: Call): void {
  const caller = authenticate(call)
  if (caller.user.role !== 'admin' || caller.allow !== undefined) throw new Refusal(403, 'forbidden')
}

function summarize(proxy: FakeProxy): object {
  const { proxy: id, name, description = '', enabled = true } = proxy
  return { proxy: id, name, description, enabled, created: 1_666_915_324_140, modified: 1_666_915_324_140 }
}
