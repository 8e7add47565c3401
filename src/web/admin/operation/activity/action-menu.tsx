import { useId, useRef } from 'react'
import type { AuditActionName } from '../../../../contract/audit.ts'
import type { MessageKey } from '../../../messages/message-key.ts'
import { Button } from '../../../shared/components/button.tsx'
import { CheckField } from '../../../shared/components/field.tsx'
import { t } from '../../../shared/i18n.ts'
import { actionLooks } from './action-labels.ts'
import { actionGroups, allActions } from './activity-filter.ts'

const groupLabels: Readonly<Record<keyof typeof actionGroups, MessageKey>> = {
  access: 'activity.group.access',
  transfers: 'activity.group.transfers',
  files: 'activity.group.files',
  administration: 'activity.group.administration',
}

export interface ActionMenuProps {
  /** None: all of them. */
  readonly chosen: readonly AuditActionName[]
  readonly onChange: (chosen: readonly AuditActionName[]) => void
}

/** Kinds of actions to be ticked, in the browser's top layer; Escape closes it and gives the focus back. */
export function ActionMenu({ chosen, onChange }: ActionMenuProps) {
  const id = useId().replaceAll(':', '')
  const button = useRef<HTMLDivElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const place = () => {
    const [anchor, menu] = [button.current?.getBoundingClientRect(), list.current]
    if (!anchor || !menu) return
    const { width, height } = menu.getBoundingClientRect()
    menu.style.top = `${Math.max(8, Math.min(anchor.bottom + 4, innerHeight - height - 8))}px`
    menu.style.left = `${Math.max(8, Math.min(anchor.left, innerWidth - width - 8))}px`
    menu.querySelector('input')?.focus()
  }
  const set = (action: AuditActionName, isChosen: boolean) =>
    onChange(allActions.filter((other) => (other === action ? isChosen : chosen.includes(other))))
  return (
    <div className="field">
      <span className="activity-label" id={`${id}-label`}>
        {t('activity.actions')}
      </span>
      <div ref={button} className="activity-actions">
        <Button icon="down" popoverTarget={id}>
          {chosen.length === 0 ? t('activity.allActions') : t('activity.someActions', { n: chosen.length })}
        </Button>
      </div>
      <div
        ref={list}
        id={id}
        className="menu activity-menu"
        role="group"
        aria-labelledby={`${id}-label`}
        popover="auto"
        onToggle={(event) => {
          if (event.newState === 'open') place()
        }}
      >
        {Object.entries(actionGroups).map(([group, actions]) => (
          <fieldset key={group}>
            <legend>{t(groupLabels[group as keyof typeof actionGroups])}</legend>
            {actions.map((action) => (
              <CheckField
                key={action}
                label={t(actionLooks[action].label)}
                name={action}
                isChecked={chosen.includes(action)}
                onChange={(isChecked) => set(action, isChecked)}
              />
            ))}
          </fieldset>
        ))}
        <Button isDisabled={chosen.length === 0} onClick={() => onChange([])}>
          {t('activity.allActions')}
        </Button>
      </div>
    </div>
  )
}
