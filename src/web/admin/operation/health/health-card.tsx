import type { ComponentChildren } from 'preact'
import type { MessageKey } from '../../../messages/message-key.ts'
import { CopyButton } from '../../../shared/components/copy-button.tsx'
import { Icon, type IconName } from '../../../shared/components/icon.tsx'
import { Card } from '../../../shared/components/page.tsx'
import { t } from '../../../shared/i18n.ts'
import { byLevel, type Finding, type Level, type Section } from './finding.ts'

const looks: Readonly<Record<Level, { readonly icon: IconName; readonly word: MessageKey }>> = {
  good: { icon: 'check', word: 'health.level.good' },
  info: { icon: 'alert', word: 'health.level.info' },
  warning: { icon: 'warning', word: 'health.level.warning' },
  bad: { icon: 'cancel', word: 'health.level.bad' },
}

export interface HealthCardProps {
  readonly section: Section
  readonly actions?: ComponentChildren
  readonly children?: ComponentChildren
}

/** What was found in one area, the worst first. */
export function HealthCard({ section, actions, children }: HealthCardProps) {
  return (
    <Card title={section.title} actions={actions}>
      {children}
      <ul className="health-list">
        {byLevel(section.findings).map((finding) => (
          <HealthLine key={`${finding.subject} ${finding.detail ?? ''}`} finding={finding} />
        ))}
      </ul>
    </Card>
  )
}

function HealthLine({ finding: { level, subject, state, advice, detail } }: { readonly finding: Finding }) {
  return (
    <li className={`health-line health-${level}`}>
      <LevelMark level={level} />
      <span className="health-subject name">{subject}</span>
      <div className="health-text">
        <p>{state}</p>
        {detail === undefined || detail === '' ? null : level === 'good' ? (
          <p className="health-value">
            <code className="name">{detail}</code>
            <CopyButton text={detail} label={t('health.copy', { subject })} />
          </p>
        ) : (
          <p className="soft name">{detail}</p>
        )}
        {advice === undefined ? null : <p className="health-advice">{advice}</p>}
      </div>
    </li>
  )
}

/** A sign with its word: the colour alone says nothing. */
export function LevelMark({ level }: { readonly level: Level }) {
  const { icon, word } = looks[level]
  return (
    <span className={`health-mark health-mark-${level}`}>
      <Icon name={icon} />
      {t(word)}
    </span>
  )
}
