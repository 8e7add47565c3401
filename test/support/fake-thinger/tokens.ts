import { createHmac, timingSafeEqual } from 'node:crypto'

export interface TokenPayload {
  readonly usr?: string
  readonly jti?: string
  readonly svr?: string
  readonly iat: number
  readonly exp?: number
}

const encode = (value: string | Buffer): string => Buffer.from(value).toString('base64url')

const hmac = (text: string, secret: Buffer): Buffer => createHmac('sha256', secret).update(text).digest()

/** An HS256 JWT, as the platform issues them. */
export function signToken(payload: TokenPayload, secret: Buffer): string {
  const text = `${encode('{"alg":"HS256","typ":"JWT"}')}.${encode(JSON.stringify(payload))}`
  return `${text}.${encode(hmac(text, secret))}`
}

/** The payload of a token that this secret signed and that has not expired. */
export function verifyToken(token: string, secret: Buffer, nowSeconds: number): TokenPayload | undefined {
  const [header = '', body = '', signature = '', ...rest] = token.split('.')
  if (rest.length > 0) return undefined
  const expected = hmac(`${header}.${body}`, secret)
  const given = Buffer.from(signature, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  const payload = JSON.parse(Buffer.from(body, 'base64url').toString()) as TokenPayload
  return payload.exp !== undefined && payload.exp <= nowSeconds ? undefined : payload
}
