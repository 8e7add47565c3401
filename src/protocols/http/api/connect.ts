import { connectInfo, type ConnectInfo } from '../../../contract/connect.ts'
import type { HttpApp } from '../http-app.ts'

/** What admins tell their users about setting up a client. */
export function serveConnectInfo(app: HttpApp, readInfo: () => Promise<ConnectInfo>): void {
  app.get(
    '/connect',
    {
      config: { access: 'any-admin' },
      schema: {
        tags: ['maintenance'],
        operationId: 'get_connect_info',
        summary: 'Host, ports and host keys for setting up a client',
        response: { 200: connectInfo },
      },
    },
    async () => readInfo(),
  )
}
