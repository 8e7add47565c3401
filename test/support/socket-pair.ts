import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Two ends of one TCP connection on loopback. */
export interface SocketPair extends AsyncDisposable {
  readonly sender: Socket
  readonly receiver: Socket
}

export async function openSocketPair(): Promise<SocketPair> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const receiver = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [sender] = (await once(server, 'connection')) as [Socket]
  return {
    sender,
    receiver,
    async [Symbol.asyncDispose]() {
      sender.destroy()
      receiver.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** -1 once the socket is gone. */
export function descriptorOf(socket: Socket): number {
  return (socket as unknown as { _handle: { fd: number } | null })._handle?.fd ?? -1
}
