export interface Listening {
  /** Name of the setting that the port comes from. */
  readonly setting: string
  readonly host: string
  readonly port: number
}

/**
 * A server that cannot listen, told by the setting that has to be changed and how; the system's own words stay as the
 * cause. For the log: it never reaches a client.
 */
export class ListenError extends Error {
  override readonly name = 'ListenError'

  constructor(cause: unknown, where: Listening) {
    super(problemOf(codeOf(cause), where), { cause })
  }
}

/** For `.catch()` of what listens. */
export function failListening(where: Listening): (cause: unknown) => never {
  return (cause) => {
    throw new ListenError(cause, where)
  }
}

function problemOf(code: string, { setting, host, port }: Listening): string {
  const address = JSON.stringify(host)
  switch (code) {
    case 'EADDRINUSE':
      return `${setting}: port ${port} is taken already; give another, or end the program that has it`
    case 'EACCES':
      return `${setting}: port ${port} is not for this user; give one from 1024 on`
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
    case 'ENOTFOUND':
      return `LISTEN_HOST: ${address} is no address of this machine; give one that it has, 0.0.0.0 or ::`
    default:
      return `${setting}: port ${port} of ${address} cannot be listened on; give another`
  }
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : ''
}
