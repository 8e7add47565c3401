import { Type, type Static } from 'typebox'

/** Whether clients can be served now. */
export const readiness = Type.Object(
  {
    is_ready: Type.Boolean(),
    failed: Type.Array(Type.Enum(['stopping', 'database', 'storages', 'data', 'sftp', 'ftp', 'http']), {
      description: 'What cannot serve; empty when it is ready.',
    }),
  },
  { title: 'Readiness' },
)
export type ReadinessResource = Static<typeof readiness>
