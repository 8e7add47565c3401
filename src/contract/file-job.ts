import { Type, type Static } from 'typebox'
import { refusalReason } from './api-answer.ts'
import { virtualPath } from './file.ts'
import { amount, timestamp } from './values.ts'

/** Work on whole trees that goes on after the answer. */
export const fileJobRequest = Type.Object(
  {
    action: Type.Enum(['copy', 'move', 'delete']),
    paths: Type.Array(virtualPath, { minItems: 1, maxItems: 10_000 }),
    target: Type.Optional(
      Type.String({ maxLength: 4096, description: 'Directory to copy or move into; absent for delete.' }),
    ),
    overwrite: Type.Optional(
      Type.Boolean({ description: 'Replace files of the same name; else they are skipped and told.' }),
    ),
  },
  { title: 'FileJobRequest' },
)
export type FileJobRequest = Static<typeof fileJobRequest>

export const fileJob = Type.Object(
  {
    id: Type.String(),
    action: Type.Enum(['copy', 'move', 'delete']),
    state: Type.Enum(['running', 'done', 'failed', 'cancelled']),
    started_at: timestamp('When it began'),
    ended_at: timestamp('When it ended'),
    done_files: amount('Entries dealt with.'),
    done_bytes: amount('Bytes copied.'),
    current: Type.String({ description: 'The path being dealt with.' }),
    failed: Type.Array(
      Type.Object({
        path: Type.String(),
        error: Type.String(),
        message: Type.String(),
        reason: Type.Optional(refusalReason),
      }),
      { description: 'What was not done; the first hundred.' },
    ),
    failed_count: amount('How many were not done.'),
  },
  { title: 'FileJob' },
)
export type FileJob = Static<typeof fileJob>
