import { Type, type Static } from 'typebox'

/** Every error, and the answer of what returns no object. */
export const apiError = Type.Object(
  {
    message: Type.String({ description: 'For people.' }),
    error: Type.String({ description: 'One word for programs, e.g. `invalid-argument`.' }),
    field: Type.Optional(
      Type.String({ description: 'The input that was refused, e.g. `filters.file_patterns`.' }),
    ),
  },
  { title: 'ApiError' },
)
export type ApiError = Static<typeof apiError>

export const apiMessage = Type.Object({ message: Type.String() }, { title: 'ApiMessage' })
export type ApiMessage = Static<typeof apiMessage>
