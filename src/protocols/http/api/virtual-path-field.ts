import { FileServerError } from '../../../core/errors.ts'
import { parseVirtualPath, type VirtualPath } from '../../../core/files/virtual-path.ts'

/** @throws FileServerError 'invalid-argument' naming `field` unless `raw` is an absolute path */
export function toVirtualPath(field: string, raw: string): VirtualPath {
  if (!raw.startsWith('/'))
    throw new FileServerError('invalid-argument', `${field}: must be an absolute path`, { field })
  try {
    return parseVirtualPath(raw)
  } catch (error) {
    throw new FileServerError('invalid-argument', `${field}: is not a usable path`, { field, cause: error })
  }
}
