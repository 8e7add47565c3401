import { FileServerError } from '../../core/errors.ts'

/** @throws FileServerError 'not-found' when a statement that names one row has found none */
export function expectRow(affectedRows: bigint, message: string): void {
  if (affectedRows === 0n) throw new FileServerError('not-found', message)
}
