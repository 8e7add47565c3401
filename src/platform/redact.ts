/** A JWT: its header is base64url of a JSON object. */
const tokenPattern = /eyJ[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]*){0,2}/g
const maxLength = 200

/** A short text without the given secrets, in plain, half-decoded or URL form, and without any token. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text
  for (const secret of secrets) {
    if (secret === '') continue
    const forms = [
      secret,
      secret.replaceAll(' ', '+'),
      encodeURIComponent(secret),
      new URLSearchParams({ s: secret }).toString().slice(2),
    ]
    for (const form of forms) clean = clean.replaceAll(form, '***')
  }
  return clean.replace(tokenPattern, '***').slice(0, maxLength)
}
