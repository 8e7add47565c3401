import { Type, type Static } from 'typebox'
import { amount } from './values.ts'

/** A file storage of the account, to be picked as the home or a folder of a user. */
export const storage = Type.Object(
  {
    id: Type.String(),
    name: Type.String({ description: 'As the platform shows it.' }),
    description: Type.String(),
    directory: Type.String({ description: 'For home_dir and mapped_path.' }),
    is_public: Type.Optional(
      Type.Boolean({
        description: 'Anybody on the web can read it; left out when the platform could not be asked.',
      }),
    ),
    is_registered: Type.Boolean({ description: 'The platform knows it; true also when it cannot be asked.' }),
    is_writable: Type.Boolean(),
    free_bytes: amount('Bytes; 0 when not known.'),
    total_bytes: amount('Bytes; 0 when not known.'),
    error: Type.String({ description: 'For people; empty when nothing is wrong.' }),
  },
  { title: 'Storage' },
)
export type StorageResource = Static<typeof storage>
