import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { FakeThinger } from './fake-thinger.ts'

export interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

/** A request whose target goes out exactly as written. */
export async function call(
  fake: FakeThinger,
  method: string,
  target: string,
  options: { bearer?: string; headers?: Record<string, string>; body?: string | Buffer; json?: unknown } = {},
): Promise<Reply> {
  const body = options.json === undefined ? options.body : JSON.stringify(options.json)
  const headers: Record<string, string | number> = {
    ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
    ...(options.json !== undefined && { 'content-type': 'application/json' }),
    ...(options.bearer !== undefined && { authorization: `Bearer ${options.bearer}` }),
    ...options.headers,
  }
  if (options.headers?.['transfer-encoding'] !== undefined) delete headers['content-length']
  const request = httpRequest({
    host: '127.0.0.1',
    port: fake.port,
    method,
    path: target,
    headers,
    agent: false,
  })
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  request.end(body)
  const [response] = await answered
  return { status: response.statusCode ?? 0, headers: response.headers, text: await text(response) }
}
