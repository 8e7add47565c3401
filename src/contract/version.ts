import { Type, type Static } from 'typebox'

export const versionInfo = Type.Object(
  {
    version: Type.String(),
    build_date: Type.String(),
    commit_hash: Type.String(),
    features: Type.Array(Type.String()),
  },
  { title: 'VersionInfo' },
)
export type VersionInfo = Static<typeof versionInfo>
