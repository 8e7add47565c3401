import { FieldWriter, packetType } from '../../src/protocols/sftp/sftp-codec.ts'

const request = (type: number, fill: (fields: FieldWriter) => FieldWriter): Buffer =>
  Buffer.from(fill(new FieldWriter(type).uint32(7)).packet())
const text = (value: string) => Buffer.from(value, 'latin1')

/** Valid packets of SFTP version 3, of every kind. */
export const sftpPackets: readonly Buffer[] = [
  Buffer.from(new FieldWriter(packetType.init).uint32(3).packet()),
  request(packetType.open, (fields) => fields.text('/file').uint32(0x1a).uint32(0)),
  request(packetType.open, (fields) =>
    fields.text('/file').uint32(1).uint32(0xf).uint64(9).uint32(1).uint32(1),
  ),
  request(packetType.close, (fields) => fields.uint32(4).uint32(1)),
  request(packetType.read, (fields) => fields.uint32(4).uint32(1).uint64(0).uint32(32_768)),
  request(packetType.write, (fields) =>
    fields.uint32(4).uint32(1).uint64(5).uint32(300).raw(Buffer.alloc(300, 1)),
  ),
  request(packetType.write, (fields) => fields.uint32(4).uint32(1).uint64(0).uint32(0)),
  request(packetType.lstat, (fields) => fields.text('/file')),
  request(packetType.setstat, (fields) => fields.text('/file').uint32(4).uint32(0o644)),
  request(packetType.fsetstat, (fields) => fields.uint32(4).uint32(1).uint32(8).uint32(1).uint32(2)),
  request(packetType.opendir, (fields) => fields.text('/')),
  request(packetType.readdir, (fields) => fields.uint32(4).uint32(1)),
  request(packetType.remove, (fields) => fields.text('/none')),
  request(packetType.mkdir, (fields) => fields.text('/dir').uint32(0)),
  request(packetType.rmdir, (fields) => fields.text('/dir')),
  request(packetType.realpath, (fields) => fields.text('/a/../b/./c')),
  request(packetType.stat, (fields) => fields.text('/')),
  request(packetType.rename, (fields) => fields.text('/a').text('/b')),
  request(packetType.readlink, (fields) => fields.text('/link')),
  request(packetType.symlink, (fields) => fields.text('target').text('/link')),
  request(packetType.extended, (fields) => fields.text('statvfs@openssh.com').text('/')),
  request(packetType.extended, (fields) => fields.text('posix-rename@openssh.com').text('/a').text('/b')),
  request(packetType.extended, (fields) =>
    fields.text('copy-data').text('h').uint64(0).uint64(0).text('h').uint64(0),
  ),
  request(packetType.extended, (fields) => fields.text('limits@openssh.com')),
]

/** No command that ends the session, so that the next one is read as well. */
export const ftpCommands = [
  ...[
    'USER ann',
    'PASS secret',
    'AUTH TLS',
    'PBSZ 0',
    'PROT P',
    'EPSV',
    'EPSV ALL',
    'PASV',
    'TYPE I',
    'TYPE A N',
  ],
  ...[
    'STOR a',
    'APPE a',
    'RETR a',
    'REST 100',
    'ALLO 5',
    'STOU',
    'RNFR a',
    'RNTO b',
    'DELE a',
    'MKD d',
    'RMD d',
  ],
  ...[
    'CWD /d',
    'CDUP',
    'PWD',
    'LIST -la /',
    'NLST',
    'MLSD',
    'MLST /',
    'STAT /',
    'SIZE a',
    'MDTM 20200101000000 a',
  ],
  ...[
    'MFMT 20200101000000 a',
    'HASH a',
    'XCRC "a b" 0 10',
    'OPTS UTF8 ON',
    'OPTS MLST type;size;',
    'SITE CHMOD 644 a',
  ],
  ...[
    'FEAT',
    'HELP',
    'SYST',
    'NOOP',
    'ABOR',
    'PORT 127,0,0,1,4,1',
    'EPRT |1|127.0.0.1|1025|',
    'MODE S',
    'STRU F',
  ],
]
export const ftpLines: readonly Buffer[] = [
  ...ftpCommands.map((line) => text(`${line}\r\n`)),
  text('\xff\xf4\xff\xf2ABOR\r\n'),
  text('NOOP\nNOOP\n'),
  text(`STOR ${'x'.repeat(190)}\r\n`),
]

export const paths: readonly Buffer[] = [
  '/a/b/c',
  'a/../b',
  '/./x',
  '//',
  '/größe 😀',
  '/a\0b',
  `/${'n'.repeat(255)}`,
  '/..',
].map((path) => Buffer.from(path))

export const shellCommands: readonly Buffer[] = [
  'scp -t /a',
  "scp -f -- 'a b'",
  'sha256sum "a\\"b" c',
  'md5sum a\\ b',
].map(text)
export const ranges: readonly Buffer[] = [
  'bytes=0-',
  'bytes=-5',
  'bytes=10-20',
  'bytes=0-1,3-4',
  '20200131235959.123',
].map(text)
export const keyLines: readonly Buffer[] = [
  text('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@host'),
]

/** A ClientHello as RFC 8446 §4.1.2 has it, with a server name, a ticket and an identity of a session. */
export function clientHellos(): readonly Buffer[] {
  return [hello(false), hello(true)]
}

function hello(isSplit: boolean): Buffer {
  const vector = (lengthBytes: number, ...parts: Buffer[]): Buffer => {
    const body = Buffer.concat(parts)
    const length = Buffer.alloc(lengthBytes)
    length.writeUIntBE(body.length, 0, lengthBytes)
    return Buffer.concat([length, body])
  }
  const extension = (type: number, ...parts: Buffer[]) =>
    Buffer.concat([Buffer.from([0, type]), vector(2, ...parts)])
  const name = vector(2, Buffer.from([0]), vector(2, text('files.example.test')))
  const identity = Buffer.concat([vector(2, Buffer.alloc(64, 3)), Buffer.alloc(4, 1)])
  const extensions = vector(
    2,
    extension(0, name),
    extension(35, Buffer.alloc(48, 5)),
    extension(41, vector(2, identity, identity), vector(2, vector(1, Buffer.alloc(32)))),
  )
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 9),
    vector(1, Buffer.alloc(32, 8)),
    vector(2, Buffer.from([0x13, 1, 0x13, 2])),
    vector(1, Buffer.from([0])),
    extensions,
  ])
  const message = Buffer.concat([Buffer.from([1]), vector(3, body)])
  const record = (part: Buffer) => Buffer.concat([Buffer.from([22, 3, 1]), vector(2, part)])
  if (!isSplit) return record(message)
  return Buffer.concat([record(message.subarray(0, 100)), record(message.subarray(100))])
}
