/** Names as HASH has them, the chosen one first by default (draft-bryan-ftpext-hash). */
export const hashNames = ['SHA-256', 'SHA-512', 'SHA-1', 'MD5', 'CRC32'] as const
export type HashName = (typeof hashNames)[number]
