import type { Algorithms } from 'ssh2'

const kinds = ['kex', 'serverHostKey', 'cipher', 'hmac'] as const
type Kind = (typeof kinds)[number]
type Lists = Readonly<Record<Kind, readonly string[]>>

/** The name-lists of one SSH_MSG_KEXINIT (RFC 4253 §7.1) that say how to encrypt in one direction. */
interface DirectionLists {
  readonly cipher: readonly string[]
  readonly mac: readonly string[]
}

/** The name-lists of one SSH_MSG_KEXINIT that are chosen from here, best first. */
export interface OfferLists {
  readonly kex: readonly string[]
  readonly serverHostKey: readonly string[]
  /** From client to server, and back. */
  readonly cs: DirectionLists
  readonly sc: DirectionLists
}

/**
 * What nobody has anything against, best first. Compression is off: inflating starts before a client has signed in.
 * Group exchange is left out because ssh2 has no server side of it. ssh2 itself adds kex-strict-s-v00@openssh.com.
 */
const strict: Lists = {
  kex: [
    'mlkem768x25519-sha256',
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'diffie-hellman-group16-sha512',
  ],
  serverHostKey: ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256'],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'],
}

/**
 * Not broken, and mistrusted by some: curves of the NIST, 2048 bits, a MAC of what is not encrypted yet. Clients in use
 * know nothing else, or know this server by its ECDSA key (docs/decisions/0024-ssh-algorithms.md).
 */
const compatible: Lists = {
  kex: ['ecdh-sha2-nistp256', 'ecdh-sha2-nistp384', 'ecdh-sha2-nistp521', 'diffie-hellman-group14-sha256'],
  serverHostKey: ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
  cipher: [],
  hmac: ['hmac-sha2-256', 'hmac-sha2-512'],
}

/** SHA-1 and CBC, for devices that know nothing else. */
const legacy: Lists = {
  kex: ['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: ['ssh-rsa'],
  cipher: ['aes128-cbc', 'aes192-cbc', 'aes256-cbc', '3des-cbc'],
  hmac: ['hmac-sha1-etm@openssh.com', 'hmac-sha1'],
}

const lists = {
  strict: [strict],
  compatible: [strict, compatible],
  legacy: [strict, compatible, legacy],
} as const

/** Each has what the one before does, and more; what is more is offered to those alone who need it. */
export type SshAlgorithms = keyof typeof lists

/** All that the server can do, for ssh2. */
export function offeredAlgorithms(choice: SshAlgorithms): Algorithms & { serverHostKey: string[] } {
  const joined = kinds.map((kind) => [kind, lists[choice].flatMap((one) => one[kind])])
  return { ...Object.fromEntries(joined), compress: ['none'] } as ReturnType<typeof offeredAlgorithms>
}

/** SSH.NET before 2024 makes no offer before it has the server's; it is identified alike in all versions. */
export function waitsForOffer(software: string): boolean {
  return software.startsWith('Renci.SshNet')
}

/**
 * What to offer a client that has made its own offer: `all`, without what is weaker than what it can do itself. An ECDSA
 * host key stays for who prefers it to others, as it may know the server by that.
 */
export function offerTo(client: OfferLists, all: OfferLists): OfferLists {
  const direction = (asked: DirectionLists, known: DirectionLists) => ({
    cipher: bestOf('cipher', known.cipher, asked.cipher),
    mac: bestOf('hmac', known.mac, asked.mac),
  })
  return {
    kex: bestOf('kex', all.kex, client.kex),
    serverHostKey: bestOf('serverHostKey', all.serverHostKey, client.serverHostKey),
    cs: direction(client.cs, all.cs),
    sc: direction(client.sc, all.sc),
  }
}

function bestOf(kind: Kind, all: readonly string[], asked: readonly string[]): readonly string[] {
  let best = all
  for (const weaker of [legacy, compatible]) {
    const better = best.filter((name) => !weaker[kind].includes(name))
    const chosen = asked.find((name) => better.includes(name))
    const preferred = asked.find((name) => best.includes(name))
    if (chosen === undefined) break
    if (kind === 'serverHostKey' && !isSameKey(chosen, preferred)) break
    if (kind === 'kex' && isDearer(chosen, preferred)) break
    best = better
  }
  return best
}

/** One RSA key proves itself with several algorithms. */
function isSameKey(one: string, other: string | undefined): boolean {
  return one === other || [one, other].every((name) => name?.includes('rsa-') || name === 'ssh-rsa')
}

/** A small device works for seconds on an exchange over 4096 bits, where it asks for a curve that takes it none. */
function isDearer(chosen: string, preferred: string | undefined): boolean {
  return chosen.startsWith('diffie-hellman-') && preferred?.startsWith('ecdh-') === true
}
