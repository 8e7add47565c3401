import type { ComponentType } from 'preact'
import { lazy } from 'react'
import { Button } from './components/button.tsx'
import { Banner } from './components/states.tsx'
import { t } from './i18n.ts'

/**
 * A part of a page whose code is loaded when it is shown. Where that fails, the place of the part says so: the server may be
 * away, or have another version by now, which only the page anew knows the names of.
 */
export function lazyPart<Props>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  return lazy(async () => ({ default: await load().catch(() => NotLoaded) }))
}

function NotLoaded() {
  return (
    <div role="alert">
      <Banner kind="warning">
        <p>{t('state.notLoaded')}</p>
        <Button icon="refresh" onClick={() => location.reload()}>
          {t('action.retry')}
        </Button>
      </Banner>
    </div>
  )
}
