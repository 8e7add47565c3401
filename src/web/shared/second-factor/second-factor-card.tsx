import { useState } from 'react'
import type { SecondFactorState } from '../../../contract/second-factor.ts'
import { callApi } from '../api.ts'
import { Button } from '../components/button.tsx'
import { Card } from '../components/page.tsx'
import { Badge, Banner, Failed, Loading } from '../components/states.tsx'
import { t } from '../i18n.ts'
import { useLoaded } from '../use-loaded.ts'
import { ProofDialog } from './proof-dialog.tsx'
import { RecoveryCodes } from './recovery-codes.tsx'
import { SetupDialog } from './setup-dialog.tsx'

/** With fewer left it is time for new ones. */
const fewCodes = 3

type Open = 'setup' | 'protocols' | 'renew' | 'off'

/** The own second factor: turning it on, new recovery codes, turning it off. */
export function SecondFactorCard({ kind }: { readonly kind: 'user' | 'admin' }) {
  const { value, error, reload } = useLoaded(
    (signal) => callApi<SecondFactorState>('GET', `${kind}/2fa`, { signal }),
    [],
  )
  const [open, setOpen] = useState<Open>()
  const [codes, setCodes] = useState<readonly string[]>()
  const done = (made: readonly string[] | undefined) => {
    setOpen(undefined)
    setCodes(made)
    reload()
  }
  const close = () => setOpen(undefined)
  return (
    <Card title={t('factor.title')}>
      {error === undefined ? null : <Failed error={error} onRetry={reload} />}
      {value === undefined && error === undefined ? <Loading /> : null}
      {value === undefined ? null : value.enabled ? (
        <FactorOn kind={kind} state={value} onOpen={setOpen} />
      ) : (
        <>
          <p className="soft">{kind === 'user' ? t('factor.lead') : t('factor.leadAdmin')}</p>
          <div className="form-actions">
            <Button icon="shield" onClick={() => setOpen('setup')}>
              {t('factor.turnOn')}
            </Button>
          </div>
        </>
      )}
      {open === 'setup' ? <SetupDialog kind={kind} onDone={done} onClose={close} /> : null}
      {open === undefined || open === 'setup' ? null : (
        <ProofDialog
          what={open}
          kind={kind}
          protocols={value?.protocols ?? []}
          onDone={done}
          onClose={close}
        />
      )}
      {codes === undefined ? null : <RecoveryCodes codes={codes} onClose={() => setCodes(undefined)} />}
    </Card>
  )
}

interface FactorOnProps {
  readonly kind: 'user' | 'admin'
  readonly state: SecondFactorState
  readonly onOpen: (what: Open) => void
}

function FactorOn({ kind, state, onOpen }: FactorOnProps) {
  const left = state.recovery_codes_left
  return (
    <>
      <p>
        <Badge kind="good">{t('factor.on')}</Badge>{' '}
        {kind === 'user'
          ? t('factor.askedFor', { protocols: state.protocols.join(', ') })
          : t('factor.askedHere')}
      </p>
      {left <= fewCodes ? (
        <Banner kind="warning">{t('factor.fewCodes', { n: left })}</Banner>
      ) : (
        <p className="soft">{t('factor.codesLeft', { n: left })}</p>
      )}
      <div className="form-actions">
        <Button icon="key" onClick={() => onOpen('renew')}>
          {t('factor.renew')}
        </Button>
        {kind === 'user' ? (
          <Button icon="edit" onClick={() => onOpen('protocols')}>
            {t('factor.change')}
          </Button>
        ) : null}
        <Button icon="cancel" onClick={() => onOpen('off')}>
          {t('factor.turnOff')}
        </Button>
      </div>
    </>
  )
}
