import { Type, type Static } from 'typebox'

export const defaultLimit = 100
/** A larger limit is cut to this without an error. */
export const maxLimit = 500

/** One page of a list that is ordered by name. */
export const listQuery = Type.Object({
  offset: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1, description: 'Entries to skip, 0 unless told.' }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: `Entries at most, ${defaultLimit} unless told; cut at ${maxLimit}.`,
    }),
  ),
  order: Type.Optional(Type.Enum(['ASC', 'DESC'], { description: 'By name; ASC unless told.' })),
  search: Type.Optional(
    Type.String({
      maxLength: 255,
      description: 'Only entries whose name, description or e-mail holds this text.',
    }),
  ),
})
export type ListQuery = Static<typeof listQuery>
