import type { SecondFactorState } from '../../../contract/second-factor.ts'
import type { MessageKey } from '../../messages/message-key.ts'
import { CheckField } from '../components/field.tsx'
import { t } from '../i18n.ts'

export type FactorProtocol = SecondFactorState['protocols'][number]
export const allProtocols: readonly FactorProtocol[] = ['HTTP', 'SSH', 'FTP']

const texts: Readonly<Record<FactorProtocol, { readonly label: MessageKey; readonly hint: MessageKey }>> = {
  HTTP: { label: 'factor.http', hint: 'factor.httpHint' },
  SSH: { label: 'factor.ssh', hint: 'factor.sshHint' },
  FTP: { label: 'factor.ftp', hint: 'factor.ftpHint' },
}

export interface ProtocolFieldsProps {
  readonly value: readonly FactorProtocol[]
  readonly error: string | undefined
  readonly onChange: (value: readonly FactorProtocol[]) => void
}

/** Where the code is asked for, and how each client gives it. */
export function ProtocolFields({ value, error, onChange }: ProtocolFieldsProps) {
  return (
    <fieldset className="factor-protocols" data-field="protocols" tabIndex={-1}>
      <legend>{t('factor.where')}</legend>
      {error === undefined ? null : <p className="field-error">{error}</p>}
      {allProtocols.map((protocol) => (
        <CheckField
          key={protocol}
          name={protocol}
          label={t(texts[protocol].label)}
          hint={t(texts[protocol].hint)}
          isChecked={value.includes(protocol)}
          onChange={(isChecked) =>
            onChange(isChecked ? [...value, protocol] : value.filter((other) => other !== protocol))
          }
        />
      ))}
    </fieldset>
  )
}
