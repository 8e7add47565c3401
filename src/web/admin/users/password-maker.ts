/** Without what looks alike (0 O o 1 l I) and without signs, so that it can be read out, typed and pasted anywhere. */
const alphabet = '23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ'
export const passwordLength = 20

/** A password of about 116 bits. */
export function makePassword(): string {
  // Numbers beyond the last whole multiple are drawn again: each character is as likely as any other.
  const limit = 256 - (256 % alphabet.length)
  let password = ''
  while (password.length < passwordLength)
    for (const byte of crypto.getRandomValues(new Uint8Array(passwordLength)))
      if (byte < limit && password.length < passwordLength) password += alphabet[byte % alphabet.length] ?? ''
  return password
}
