import { Type, type Static } from 'typebox'
import { timestamp } from './values.ts'

export const quotaScan = Type.Object(
  { username: Type.String(), start_time: timestamp('When it began') },
  { title: 'QuotaScan' },
)
export type QuotaScan = Static<typeof quotaScan>

export const folderQuotaScan = Type.Object(
  { name: Type.String(), start_time: timestamp('When it began') },
  { title: 'FolderQuotaScan' },
)
export type FolderQuotaScan = Static<typeof folderQuotaScan>
