import type { Socket } from 'node:net'

/**
 * Only a socket that is told so when it is made reads into memory of ours, and a server makes its sockets without
 * asking. So the handle of an accepted one moves to a new one, in the way that Node's own `subprocess.send()` takes it.
 */
export function takeHandle(accepted: Socket): unknown {
  const owner = accepted as unknown as { _handle: unknown }
  const handle = owner._handle
  owner._handle = null
  accepted.destroy()
  return handle
}
