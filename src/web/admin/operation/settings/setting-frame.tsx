import type { ComponentChildren } from 'preact'
import { useState } from 'react'
import { Button } from '../../../shared/components/button.tsx'
import { Badge } from '../../../shared/components/states.tsx'
import { t } from '../../../shared/i18n.ts'

export interface SettingFrameProps {
  readonly label: string
  /** Whether its value was set here rather than by the environment. */
  readonly isChanged: boolean
  readonly onReset: () => Promise<void>
  readonly children: ComponentChildren
}

/** A setting, and where its value comes from. */
export function SettingFrame({ label, isChanged, onReset, children }: SettingFrameProps) {
  const [isBusy, setBusy] = useState(false)
  const reset = async () => {
    setBusy(true)
    await onReset()
    setBusy(false)
  }
  return (
    <div className="settings-frame">
      {children}
      <div className="settings-origin">
        {isChanged ? (
          <>
            <Badge kind="good">{t('settings.changedHere')}</Badge>
            <Button
              kind="quiet"
              icon="back"
              label={t('settings.resetOf', { name: label })}
              isBusy={isBusy}
              onClick={() => void reset()}
            >
              {t('settings.reset')}
            </Button>
          </>
        ) : (
          <Badge kind="neutral">{t('settings.fromEnvironment')}</Badge>
        )}
      </div>
    </div>
  )
}
