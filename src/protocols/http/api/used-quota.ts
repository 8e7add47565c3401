import type { QuotaAccount } from '../../../core/accounts/repositories.ts'
import type { QuotaUsage } from '../../../core/accounts/user.ts'
import type { QuotaLedger } from '../../../core/files/quota-ledger.ts'

/** What an account uses now: the ledger is ahead of the database while somebody writes to the account. */
export async function usedQuota(
  ledger: QuotaLedger,
  account: QuotaAccount,
  stored: { readonly usedQuotaSize: number; readonly usedQuotaFiles: number },
): Promise<QuotaUsage> {
  const isBeingWritten = (await ledger.generation(account)) > 0
  return isBeingWritten ? ledger.usage(account) : { size: stored.usedQuotaSize, files: stored.usedQuotaFiles }
}
