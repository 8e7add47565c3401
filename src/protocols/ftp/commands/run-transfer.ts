import { FileServerError } from '../../../core/errors.ts'
import type { DataConnection } from '../data-connection.ts'
import type { FtpSession, TransferProgress } from '../ftp-session.ts'

export interface TransferPlan {
  readonly direction: 'send' | 'receive'
  readonly signal: AbortSignal
  /** For STAT; undefined for a listing. */
  readonly progress?: TransferProgress
  /** Text of the 150 reply. */
  readonly announcement?: string
}

/**
 * Replies 150, opens the data connection, does `work` and replies 226 when it has resolved. The 150 comes first:
 * many clients begin the TLS handshake of the data connection only after it.
 */
export async function runTransfer(
  session: FtpSession,
  plan: TransferPlan,
  work: (connection: DataConnection) => Promise<void>,
): Promise<void> {
  let connection: DataConnection | undefined
  try {
    session.data.requireClaim()
    session.progress = plan.progress ?? { bytes: 0, path: session.cwd }
    session.reply(150, plan.announcement ?? 'Opening the data connection')
    connection = await session.data.open(plan.direction, plan.signal)
    await work(connection)
  } catch (error) {
    const failure = error instanceof FileServerError ? error : undefined
    connection?.destroy(failure ?? new FileServerError('aborted', 'The transfer failed', { cause: error }))
    throw error
  } finally {
    session.progress = undefined
  }
  session.reply(226, 'Transfer complete')
}
