import { spawnSync } from 'node:child_process'
import { closeSync, constants, openSync, read, write } from 'node:fs'
import { promisify } from 'node:util'
import koffi from 'koffi'

const interfaceName = 'far0'
const setInterface = 0x400454ca // TUNSETIFF
const plainPackets = 0x1001 // IFF_TUN | IFF_NO_PI
const nameBytes = 16 // IFNAMSIZ
const ifreqBytes = 40
const largestPacket = 65_536
const headerBytes = 20

/**
 * A network interface whose wire is this process: what the kernel sends comes as IP packets, and so does what it is to
 * receive. In the network namespace of this process, which has to be one of its own.
 */
export class TunInterface implements Disposable {
  readonly #descriptor: number
  #isOpen = true

  /** An IPv4 address of this end, and that of the other. @throws without the right to make interfaces */
  constructor(address: string, peer: string) {
    // It has to be readable and writable at once, which streams of Node are not.
    this.#descriptor = openSync('/dev/net/tun', constants.O_RDWR)
    const request = Buffer.alloc(ifreqBytes)
    request.write(interfaceName, 0, 'latin1')
    request.writeUInt16LE(plainPackets, nameBytes)
    const ioctl = koffi.load(null).func('int ioctl(int, unsigned long, void *)') as (
      ...args: readonly unknown[]
    ) => number
    if (ioctl(this.#descriptor, setInterface, request) !== 0)
      throw new Error('no TUN interface can be made here')
    const commands = [
      `address add ${address} peer ${peer} dev ${interfaceName}`,
      `link set ${interfaceName} up`,
      'link set lo up',
    ]
    for (const command of commands) {
      const { status, stderr } = spawnSync('ip', command.split(' '), { encoding: 'utf8' })
      if (status !== 0) throw new Error(`ip ${command}: ${stderr}`)
    }
  }

  /** Tells every packet of IPv4 that leaves, until it is disposed. */
  async receive(onPacket: (packet: Buffer) => void): Promise<void> {
    try {
      while (this.#isOpen) {
        const packet = Buffer.alloc(largestPacket)
        const { bytesRead } = await promisify(read)(this.#descriptor, packet, 0, largestPacket, null)
        // The kernel also looks for neighbours by IPv6.
        if (this.#isOpen && (packet[0] ?? 0) >> 4 === 4) onPacket(packet.subarray(0, bytesRead))
      }
    } catch (error) {
      if (this.#isOpen) throw error
    } finally {
      closeSync(this.#descriptor)
    }
  }

  /** What does not fit any more is lost, as on a wire. */
  send(packet: Uint8Array): void {
    if (this.#isOpen) write(this.#descriptor, packet, () => undefined)
  }

  /** Also ends the reading that waits in the kernel, which closing would not. */
  [Symbol.dispose](): void {
    this.#isOpen = false
    spawnSync('ip', ['link', 'delete', interfaceName])
  }
}

/** Packets of IPv4 in a stream of bytes: each tells its own length (RFC 791 §3.1). */
export class PacketStream {
  #rest = Buffer.alloc(0)

  /** Those that `bytes` complete. */
  take(bytes: Buffer): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, bytes])
    const packets: Buffer[] = []
    while (this.#rest.length >= headerBytes) {
      const length = this.#rest.readUInt16BE(2)
      if (length < headerBytes) throw new Error(`no packet of IPv4 has ${length} bytes`)
      if (this.#rest.length < length) break
      packets.push(this.#rest.subarray(0, length))
      this.#rest = this.#rest.subarray(length)
    }
    return packets
  }
}
