import type { messages as adminMessages } from './en/admin.ts'
import type { messages as clientMessages } from './en/client.ts'

/** Every text of both apps has a name; a name that no text has does not compile. */
export type MessageKey = keyof typeof adminMessages | keyof typeof clientMessages

/** Another language has the same names. */
export type Translation<T> = { readonly [Key in keyof T]: string }
