import type { Algorithms } from 'ssh2'

const kinds = ['kex', 'serverHostKey', 'cipher', 'hmac'] as const
type Lists = Readonly<Record<(typeof kinds)[number], readonly string[]>>

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

/** Each offers what the one before does, and more. */
export type SshAlgorithms = keyof typeof lists

/** The algorithm lists for ssh2's server. */
export function offeredAlgorithms(choice: SshAlgorithms): Algorithms & { serverHostKey: string[] } {
  const joined = kinds.map((kind) => [kind, lists[choice].flatMap((one) => one[kind])])
  return { ...Object.fromEntries(joined), compress: ['none'] } as ReturnType<typeof offeredAlgorithms>
}
