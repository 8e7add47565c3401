import type { AddressInfo } from 'node:net'

/** '127.0.0.1:8080' or '[::1]:8080'. */
export function addressText(address: AddressInfo | string): string {
  if (typeof address === 'string') return address
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `${host}:${address.port}`
}
