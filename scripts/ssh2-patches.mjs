// Corrections to ssh2, each as small as can be: the text they replace must be there exactly, so that an upgrade shows
// which of them still fit. What the server then does is proven by test/protocols/sftp/ssh2-patches.test.ts, and by the tests of
// key exchanges in test/security and test/clients/sftp-ciphers.test.ts.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packageDirectory = join(dirname(dirname(fileURLToPath(import.meta.url))), 'node_modules', 'ssh2')

export const patches = [
  {
    name: 'server-sig-algs',
    reason:
      'A comma is missing, so that neither rsa-sha2-512 nor ecdsa-sha2-nistp521 is announced (RFC 8308 §3.1); and ' +
      'SHA-1 and DSA are announced, which the server refuses.',
    file: 'lib/protocol/Protocol.js',
    find: `    'ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521'
      + 'rsa-sha2-512,rsa-sha2-256,ssh-rsa,ssh-dss';`,
    replace: `    'ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,'
      + 'rsa-sha2-512,rsa-sha2-256';`,
  },
  {
    name: 'no-sha1-host-key',
    reason: 'An RSA host key is offered with ssh-rsa (SHA-1) although the list of algorithms leaves it out.',
    file: 'lib/server.js',
    find: `          // Fall back to giving SHA1 the lowest priority
          sha1Pos = Infinity;`,
    replace: `          // Left out, as the list says
          sha1Pos = -1;`,
  },
  {
    name: 'identification-in-pieces',
    reason:
      "Of a client's first line that comes in three pieces or more, all but the first and the last are lost, and the " +
      'connection waits for ever (RFC 4253 §4.2).',
    file: 'lib/protocol/Protocol.js',
    find: `  if (!this._buffer)
    this._buffer = bufferSlice(data, op);`,
    replace: `  // All that came so far
  this._buffer = bufferSlice(data, op);`,
  },
  {
    name: 'padding-from-a-pool',
    reason:
      'Random bytes are asked of the system for every packet, which is a sixth of the work of a sign-in.',
    file: 'lib/protocol/crypto.js',
    find: `  createCipheriv, createDecipheriv, createHmac, randomFillSync, timingSafeEqual
} = require('crypto');
`,
    replace: `  createCipheriv, createDecipheriv, createHmac, randomFillSync: fillAtRandom,
  timingSafeEqual
} = require('crypto');
const padding = Buffer.alloc(4096);
let paddingUsed = padding.length;
function randomFillSync(packet, at, length) {
  if (paddingUsed + length > padding.length) {
    fillAtRandom(padding);
    paddingUsed = 0;
  }
  padding.copy(packet, at, paddingUsed, paddingUsed += length);
}
`,
  },
  {
    name: 'mlkem768x25519-exchange',
    reason:
      'ssh2 has no key exchange that withstands quantum computers, about which OpenSSH warns. This is ' +
      'mlkem768x25519-sha256 (draft-ietf-sshm-mlkem-hybrid-kex), with the ML-KEM of Node.',
    file: 'lib/protocol/kex.js',
    find: `  return (negotiated, ...args) => {
    if (typeof negotiated !== 'object' || negotiated === null)
      throw new Error('Invalid negotiated argument');
    const kexType = negotiated.kex;
    if (typeof kexType === 'string') {
      args = [negotiated, ...args];
      switch (kexType) {
`,
    replace: `  const { decapsulate, encapsulate } = require('crypto');
  const spki = (prefix, raw) => createPublicKey({
    key: Buffer.concat([Buffer.from(prefix, 'hex'), raw]),
    type: 'spki',
    format: 'der',
  });
  class MLKEM768X25519Exchange extends Curve25519Exchange {
    generateKeys() {
      super.generateKeys();
      if (this._protocol._server || this._kem)
        return;
      this._kem = generateKeyPairSync('ml-kem-768');
      const der = this._kem.publicKey.export({ type: 'spki', format: 'der' });
      this._postQuantum = der.slice(-1184);
    }
    // C_INIT = C_PK2 || C_PK1, S_REPLY = S_CT2 || S_PK1
    getPublicKey() {
      const classical = super.getPublicKey();
      return Buffer.concat([this._postQuantum, classical]);
    }
    convertPublicKey(key) {
      return key;
    }
    // K = HASH(K_PQ || K_CL), as a string
    computeSecret(other) {
      this.generateKeys();

      const isServer = this._protocol._server;
      const length = (isServer ? 1184 : 1088);
      try {
        if (other.length !== length + 32)
          throw new Error('expected ' + (length + 32) + ' bytes');
        const postQuantum = other.slice(0, length);
        let shared;
        if (isServer) {
          const prefix = '308204b2300b0609608648016503040402038204a100';
          const sealed = encapsulate(spki(prefix, postQuantum));
          this._postQuantum = sealed.ciphertext;
          shared = sealed.sharedKey;
        } else {
          shared = decapsulate(this._kem.privateKey, postQuantum);
        }
        // Throws where all bytes of the secret are zero (RFC 8731 section 3)
        const classical = diffieHellman({
          privateKey: this._keys.privateKey,
          publicKey: spki('302a300506032b656e032100', other.slice(length)),
        });
        return createHash(this.hashName)
                 .update(shared).update(classical).digest();
      } catch (ex) {
        return ex;
      }
    }
  }

  return (negotiated, ...args) => {
    if (typeof negotiated !== 'object' || negotiated === null)
      throw new Error('Invalid negotiated argument');
    const kexType = negotiated.kex;
    if (typeof kexType === 'string') {
      args = [negotiated, ...args];
      switch (kexType) {
        case 'mlkem768x25519-sha256':
          return new MLKEM768X25519Exchange('sha256', ...args);
`,
  },
  {
    name: 'mlkem768x25519-name',
    reason: 'Algorithms that are not in this list cannot be asked for.',
    file: 'lib/protocol/constants.js',
    find: `const SUPPORTED_KEX = DEFAULT_KEX.concat([
  // https`,
    replace: `const SUPPORTED_KEX = DEFAULT_KEX.concat([
  'mlkem768x25519-sha256',
  // https`,
  },
  {
    name: 'strict-key-exchange-in-its-bounds',
    reason:
      'A packet without a message is passed over where a strict key exchange has to end (kex-strict-s-v00@openssh.com); and ' +
      'SSH_MSG_IGNORE ends a later exchange as well, where RFC 4253 §7.1 allows it.',
    file: 'lib/protocol/kex.js',
    find: `  if (payload.length === 0) {
    this._debug && this._debug('Inbound: Skipping empty packet payload');
    return;
  }

  if (this._skipNextInboundPacket) {
    this._skipNextInboundPacket = false;
    return;
  }

  payload = this._packetRW.read.read(payload);

  const type = payload[0];

  if (!this._strictMode) {
`,
    replace: `  const isFirst = (!this._kex || this._kex.sessionID === undefined);
  const isStrict = (this._strictMode && isFirst);
  if (payload.length === 0 && !isStrict) {
    this._debug && this._debug('Inbound: Skipping empty packet payload');
    return;
  }

  if (this._skipNextInboundPacket) {
    this._skipNextInboundPacket = false;
    return;
  }

  payload = this._packetRW.read.read(payload);

  const type = payload[0];

  if (!isStrict) {
`,
  },
  {
    name: 'key-exchange-after-its-offer',
    reason: 'A message of a key exchange that has not begun is taken for a mistake of the server.',
    file: 'lib/protocol/kex.js',
    find: `      if (type < 20 || type > 49) {
`,
    replace: `      if (!this._kex || !(type >= 20 && type <= 49)) {
`,
  },
  {
    name: 'offer-held-back',
    reason:
      'The offer of a key exchange goes out before the client’s is known, so that everybody is offered everything. With ' +
      '_chooseOffer the server says what it offers to whom.',
    file: 'lib/protocol/Protocol.js',
    find: `        kexinit(this);

        return p + 1 - chunkOffset;`,
    replace: `        if (!this._chooseOffer)
          kexinit(this);

        return p + 1 - chunkOffset;`,
  },
  {
    name: 'offer-chosen',
    reason: 'The other half of offer-held-back: what was held back is chosen and sent.',
    file: 'lib/protocol/kex.js',
    find: `  const local = self._offer;
  const remote = init;
`,
    replace: `  if (self._chooseOffer && !self._kexinit) {
    self._offer = new KexInit(self._chooseOffer(init));
    kexinit(self);
  }

  const local = self._offer;
  const remote = init;
`,
  },
  {
    name: 'right-guess-taken',
    reason:
      'A packet that a client sends on a guess (first_kex_packet_follows, RFC 4253 §7) is thrown away also where the guess is ' +
      'right, as a letter of the chosen name is compared: that connection waits for ever.',
    file: 'lib/protocol/kex.js',
    find: `  if (firstFollows && (!remote.kex.length || clientList[i] !== remote.kex[0])) {`,
    replace: `  const hostKeyNames = local.lists.serverHostKey.array;
  if (firstFollows
      && (clientList[0] !== serverList[0]
          || remote.serverHostKey[0] !== hostKeyNames[0])) {`,
  },
  {
    name: 'collector-safe-ciphers',
    reason:
      'node::ObjectWrap of Node 24 takes a clean-up hook back in its destructor, which ends the process when the ' +
      'garbage collector runs between two turns of the event loop. Nan has the same class without the hook.',
    file: 'lib/protocol/crypto/src/binding.cc',
    find: `using namespace node;
using namespace v8;
using namespace std;
`,
    replace: `using namespace node;
using namespace v8;
using namespace std;
#define ObjectWrap Nan::ObjectWrap
`,
  },
]

/** 'applied', 'applicable', or 'needless' where the text to replace is no longer there. */
export function stateOf(patch, directory = packageDirectory) {
  const text = readFileSync(join(directory, patch.file), 'utf8')
  if (text.includes(patch.replace)) return 'applied'
  return text.split(patch.find).length === 2 ? 'applicable' : 'needless'
}

/** Applies what is not applied yet. @throws when a text that a patch replaces has changed */
export function applyPatches(directory = packageDirectory) {
  if (!existsSync(directory)) return
  for (const patch of patches) {
    const state = stateOf(patch, directory)
    if (state === 'applied') continue
    if (state === 'needless')
      throw new Error(
        `ssh2 has changed: look whether the patch ${patch.name} is still needed. ${patch.reason}`,
      )
    const file = join(directory, patch.file)
    const text = readFileSync(file, 'utf8')
    // Another install, or a running product, never sees half a file.
    writeFileSync(
      `${file}.patched`,
      text.replace(patch.find, () => patch.replace),
    )
    renameSync(`${file}.patched`, file)
  }
}
