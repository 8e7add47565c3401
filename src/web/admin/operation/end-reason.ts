import type { MessageKey } from '../../messages/message-key.ts'

/** Reasons that are the server's own words; what a client said stays as it is. */
const known: Readonly<Record<string, MessageKey>> = {
  'connection closed': 'live.reason.closed',
  'connection lost': 'live.reason.lost',
  'disconnected by an admin': 'live.reason.admin',
  'disconnected by the user': 'live.reason.user',
  'the account was changed': 'live.reason.changed',
  'a backup was restored': 'live.reason.restored',
  'the account has expired': 'live.reason.expired',
  'idle for too long': 'live.reason.idle',
  'the session was idle for too long': 'live.reason.idle',
  'the client does not answer': 'live.reason.silent',
  'the server is stopping': 'live.reason.stopping',
  'signed in anew': 'live.reason.anew',
  'signed in too often': 'live.reason.tooOften',
  'the server process of this connection ended': 'live.reason.process',
  'signed out': 'live.reason.signedOut',
  quit: 'live.reason.signedOut',
}

/** Name of the text for why a session ended; undefined for a reason that is shown as it came. */
export function endReasonKey(reason: string): MessageKey | undefined {
  const word = reason.toLowerCase()
  return Object.hasOwn(known, word) ? known[word] : undefined
}
