import type { ComponentChildren } from 'preact'
import { useCallback, useState } from 'react'
import { ConfirmDialog } from '../../shared/components/dialog.tsx'
import { t } from '../../shared/i18n.ts'
import { useLeaveGuard } from '../../shared/router.ts'

/** Asks before a page is left that holds something which would be lost; to be drawn by the page. */
export function useLeaveDialog(isDirty: boolean, text: string): ComponentChildren {
  const [leave, setLeave] = useState<() => void>()
  const ask = useCallback((go: () => void) => setLeave(() => go), [])
  useLeaveGuard(isDirty, ask)
  if (leave === undefined) return null
  return (
    <ConfirmDialog
      title={t('users.leave.title')}
      text={text}
      action={t('users.leave.action')}
      isDangerous
      onConfirm={leave}
      onClose={() => setLeave(undefined)}
    />
  )
}
