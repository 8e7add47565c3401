import type { MessageKey } from '../../messages/message-key.ts'
import { AreaField, CheckField, SelectField } from '../../shared/components/field.tsx'
import { t } from '../../shared/i18n.ts'
import { EditorSection } from './editor-section.tsx'
import { GroupField } from './group-field.tsx'
import type { SectionProps } from './section-props.ts'
import { linesOf, type UserDraft } from './user-draft.ts'

export const accessFields = [
  'filters.denied_protocols',
  'filters.denied_login_methods',
  'filters.ftp_security',
  'public_keys',
]

const protocols: readonly {
  readonly id: UserDraft['deniedProtocols'][number]
  readonly label: MessageKey
}[] = [
  { id: 'SSH', label: 'users.protocol.ssh' },
  { id: 'FTP', label: 'users.protocol.ftp' },
  { id: 'HTTP', label: 'users.protocol.http' },
]

const methods: readonly {
  readonly id: UserDraft['deniedLoginMethods'][number]
  readonly label: MessageKey
}[] = [
  { id: 'password', label: 'users.method.password' },
  { id: 'password-over-SSH', label: 'users.method.passwordSsh' },
  { id: 'keyboard-interactive', label: 'users.method.keyboard' },
  { id: 'publickey', label: 'users.method.key' },
  { id: 'publickey+password', label: 'users.method.keyPassword' },
  { id: 'publickey+keyboard-interactive', label: 'users.method.keyKeyboard' },
]

/** How the user may come in. */
export function AccessSection({ form, isWrong }: SectionProps) {
  const { values, errors, set } = form
  return (
    <EditorSection
      title={t('users.section.access')}
      summary={summaryOf(values)}
      isOpen={false}
      isWrong={isWrong}
    >
      <GroupField
        label={t('users.protocols')}
        name="filters.denied_protocols"
        error={errors['filters.denied_protocols']}
      >
        {protocols.map(({ id, label }) => (
          <CheckField
            key={id}
            label={t(label)}
            name={`protocol.${id}`}
            isChecked={!values.deniedProtocols.includes(id)}
            onChange={(isOn) => set({ deniedProtocols: withDenied(values.deniedProtocols, id, !isOn) })}
          />
        ))}
      </GroupField>
      <AreaField
        label={t('users.publicKeys')}
        name="public_keys"
        isCode
        value={values.publicKeys}
        error={errors['public_keys']}
        hint={t('users.publicKeysHint')}
        onChange={(publicKeys) => set({ publicKeys })}
      />
      <div className="form-columns">
        <SelectField
          label={t('users.ftpSecurity')}
          name="filters.ftp_security"
          value={values.ftpSecurity}
          choices={[
            { value: '0', label: t('users.ftpSecurity.any') },
            { value: '1', label: t('users.ftpSecurity.login') },
            { value: '2', label: t('users.ftpSecurity.all') },
          ]}
          error={errors['filters.ftp_security']}
          onChange={(ftpSecurity) => set({ ftpSecurity })}
        />
      </div>
      <GroupField
        label={t('users.methods')}
        name="filters.denied_login_methods"
        hint={t('users.methodsHint')}
        error={errors['filters.denied_login_methods']}
      >
        <div className="editor-checks">
          {methods.map(({ id, label }) => (
            <CheckField
              key={id}
              label={t(label)}
              name={`method.${id}`}
              isChecked={!values.deniedLoginMethods.includes(id)}
              onChange={(isOn) =>
                set({ deniedLoginMethods: withDenied(values.deniedLoginMethods, id, !isOn) })
              }
            />
          ))}
        </div>
      </GroupField>
    </EditorSection>
  )
}

function withDenied<T>(denied: readonly T[], id: T, isDenied: boolean): T[] {
  const others = denied.filter((other) => other !== id)
  return isDenied ? [...others, id] : others
}

function summaryOf({ deniedProtocols, publicKeys }: UserDraft): string {
  const allowed = protocols.filter(({ id }) => !deniedProtocols.includes(id)).map(({ label }) => t(label))
  const keys = linesOf(publicKeys).length
  return [allowed.join(', '), ...(keys === 0 ? [] : [t('users.keys', { n: keys })])].join(' · ')
}
