import { Type, type Static } from 'typebox'
import { timestamp } from './values.ts'

/** Whether a port can be reached from outside, by connecting to the public host name. */
export const portCheck = Type.Object(
  {
    port: Type.Integer({ minimum: 0, maximum: 65_535 }),
    service: Type.Enum(['SFTP', 'FTP', 'FTP data']),
    proxy: Type.Enum(['enabled', 'disabled', 'missing', 'unknown'], {
      description: 'What the platform says of a proxy for this port; unknown when it cannot be asked.',
    }),
    state: Type.Enum(['reachable', 'refused', 'silent', 'other', 'untested'], {
      description:
        'other: something else answers there. untested: standalone, or clients are being served there.',
    }),
  },
  { title: 'PortCheck' },
)
export type PortCheck = Static<typeof portCheck>

export const portChecks = Type.Object(
  { host: Type.String(), checked_at: timestamp('When'), ports: Type.Array(portCheck) },
  { title: 'PortChecks' },
)
export type PortChecks = Static<typeof portChecks>
