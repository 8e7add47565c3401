/** Addresses and networks, as they are written in settings: `10.0.0.0/8`, `::1`. */
export class AddressList {
  readonly entries: readonly string[]
  readonly #networks: readonly { readonly bytes: readonly number[]; readonly bits: number }[]

  /** @throws RangeError naming the entry that is no address and no network */
  constructor(entries: readonly string[]) {
    this.entries = entries
    this.#networks = entries.map(parseNetwork)
  }

  /** An IPv4 address counts as itself also where IPv6 carries it (RFC 4291 §2.5.5.2). */
  has(address: string): boolean {
    const bytes = bytesOf(plainAddress(address))
    return bytes !== undefined && this.#networks.some((network) => isWithin(bytes, network))
  }
}

/** Without a zone, and as IPv4 where it is one. */
export function plainAddress(address: string): string {
  const [plain = ''] = address.split('%')
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1] ?? plain
}

/** Whom failures are counted by: an IPv4 address, or the /64 of an IPv6 one, which is what one customer gets. */
export function networkOf(address: string): string {
  const plain = plainAddress(address)
  const bytes = bytesOf(plain)
  return bytes?.length === 16 ? `${Buffer.from(bytes.slice(0, 8)).toString('hex')}/64` : plain
}

/** 4 or 16 bytes; undefined for what is no address. RFC 4291 §2.2 */
export function bytesOf(address: string): readonly number[] | undefined {
  if (!address.includes(':')) return bytesOfIpv4(address)
  const [head = '', tail, ...more] = address.split('::')
  const [before, after] = [groupsOf(head, tail === undefined), groupsOf(tail ?? '', true)]
  if (!before || !after || more.length > 0) return undefined
  const missing = 16 - before.length - after.length
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined
  return [...before, ...Array.from({ length: missing }, () => 0), ...after]
}

/** Only the last group of an address may be an IPv4 one. */
function groupsOf(text: string, isEnd: boolean): readonly number[] | undefined {
  if (text === '') return []
  const groups = text.split(':')
  const bytes: number[] = []
  for (const [index, group] of groups.entries()) {
    const ipv4 = isEnd && index === groups.length - 1 && group.includes('.') ? bytesOfIpv4(group) : undefined
    if (ipv4) bytes.push(...ipv4)
    else if (!/^[\da-f]{1,4}$/i.test(group)) return undefined
    else bytes.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255)
  }
  return bytes
}

function bytesOfIpv4(text: string): readonly number[] | undefined {
  const parts = text.split('.')
  const isRight =
    parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
  return isRight ? parts.map(Number) : undefined
}

function parseNetwork(entry: string): { bytes: readonly number[]; bits: number } {
  const [address = '', bits, ...more] = entry.split('/')
  const bytes = bytesOf(address)
  const size = (bytes?.length ?? 0) * 8
  const isNetwork = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= size)
  if (!bytes || !isNetwork || more.length > 0) throw new RangeError(entry)
  return { bytes, bits: bits === undefined ? size : Number(bits) }
}

function isWithin(
  address: readonly number[],
  { bytes, bits }: { bytes: readonly number[]; bits: number },
): boolean {
  if (address.length !== bytes.length) return false
  return bytes.every((byte, index) => {
    const significant = Math.min(8, Math.max(0, bits - index * 8))
    return ((byte ^ (address[index] ?? 0)) & (0xff00 >> significant) & 0xff) === 0
  })
}
