import type { ComponentChildren } from 'preact'
import type { MessageKey } from '../../messages/message-key.ts'
import { Button } from '../../shared/components/button.tsx'
import type { IconName } from '../../shared/components/icon.tsx'
import { t } from '../../shared/i18n.ts'

export interface ActionButtonProps {
  readonly icon: IconName
  readonly kind?: 'primary' | 'plain'
  /** Why it cannot be used now. */
  readonly refusal: MessageKey | undefined
  readonly onClick: () => void
  readonly children: ComponentChildren
}

/** A button that says why when it cannot be used. */
export function ActionButton({ icon, kind = 'plain', refusal, onClick, children }: ActionButtonProps) {
  const reason = refusal === undefined ? undefined : t(refusal)
  return (
    <span title={reason}>
      <Button kind={kind} icon={icon} isDisabled={refusal !== undefined} onClick={onClick}>
        {children}
        {reason === undefined ? null : <span className="hidden">{`. ${reason}`}</span>}
      </Button>
    </span>
  )
}
