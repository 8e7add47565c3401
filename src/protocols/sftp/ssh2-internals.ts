/** Parts of ssh2 that have no public name, as `SshTransport` uses them. */

import type { OfferLists } from './ssh-algorithms.ts'

/** The parts of ssh2's cipher objects that are used here; compiled ciphers encrypt in place. */
export interface Cipher {
  _onWrite: (packet: Uint8Array) => void
  readonly _encBlockLen?: number
  readonly _aadLen?: number
  readonly _macLen?: number
  readonly _macActualLen?: number
  allocPacket(payloadLength: number): Buffer
  encrypt(packet: Buffer): void
}

/** The parts of ssh2's decipher objects that are used here; the second three tell how much of a packet they hold. */
export interface Decipher {
  readonly inSeqno: number
  readonly _lenBytes?: number
  readonly _lenPos?: number
  readonly _blockPos?: number
  readonly _macETM?: boolean
  readonly _macActualLen?: number
  readonly _instance: { decryptLen(length: Buffer, sequence: number): number }
}

/** The lists of one direction as ssh2 has them in its own offer. */
export type KnownDirection = Readonly<
  Record<'cipher' | 'mac' | 'compress' | 'lang', { readonly array: readonly string[] }>
>

/** Compression and language are not chosen from. */
type WholeDirection = OfferLists['cs'] & {
  readonly compress: readonly string[]
  readonly lang: readonly string[]
}

type GlobalRequestHandler = (protocol: unknown, name: string, wantReply: boolean, data: unknown) => void

/** The parts of ssh2's Protocol that have no public name. */
export interface Protocol {
  readonly _kexinit: unknown
  readonly _cipher: Cipher
  readonly _decipher: Decipher | undefined
  _onPayload: (payload: Buffer) => unknown
  readonly _offer: {
    readonly lists: {
      readonly kex: { readonly array: readonly string[] }
      readonly serverHostKey: { readonly array: readonly string[] }
      readonly cs: KnownDirection
      readonly sc: KnownDirection
    }
  }
  /** Of a patch of ours: makes the lists of our offer from those of the client's, and keeps ours back until then. */
  _chooseOffer: (
    client: OfferLists,
  ) => OfferLists & { readonly cs: WholeDirection; readonly sc: WholeDirection }
  rekey(): void
  /** Of the last key exchange that has begun. */
  readonly _kex:
    | {
        readonly sessionID: Buffer
        readonly negotiated: { readonly serverHostKey: string }
        readonly _sentNEWKEYS: boolean
      }
    | undefined
  readonly _handlers: { GLOBAL_REQUEST: GlobalRequestHandler }
  requestSuccess(data: Buffer): void
  requestFailure(): void
  channelData(channel: number, bytes: Uint8Array): void
  channelExtData(channel: number, bytes: Uint8Array, type: number): void
  channelEOF(channel: number): void
  channelClose(channel: number): void
  channelWindowAdjust(channel: number, bytes: number): void
  exitStatus(channel: number, status: number): void
  authPKOK(algorithm: string, key: Uint8Array): void
}
