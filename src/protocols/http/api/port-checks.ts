import { portChecks } from '../../../contract/port-check.ts'
import type { PortReport } from '../../../core/status.ts'
import type { HttpApp } from '../http-app.ts'

/** Whether clients can reach the ports through the platform. */
export function servePortChecks(app: HttpApp, check: () => Promise<PortReport>): void {
  app.post(
    '/status/ports',
    {
      config: { access: ['view_status'] },
      schema: {
        tags: ['maintenance'],
        operationId: 'check_ports',
        summary: 'Connect to every port through the public host name; answers are kept for 30 seconds',
        response: { 200: portChecks },
      },
    },
    async () => {
      const { host, checkedAt, ports } = await check()
      return { host, checked_at: checkedAt, ports: ports.map((port) => ({ ...port })) }
    },
  )
}
