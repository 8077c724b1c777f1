// The buttons that do real damage. On a phone they live in a sheet below the values they damage.
import { useId, useState, type ReactNode } from 'react'
import { damage, useCondition } from './control.ts'
import {
  closeCodes,
  latencies,
  networks,
  otherDeeds,
  restore,
  scopes,
  serverDeeds,
  type Deed,
} from './damage-words.ts'
import { Segments } from './segments.tsx'

export function DamagePanel(): ReactNode {
  const { server, network, scope, latency } = useCondition()
  const [watch, setWatch] = useState('Press something. This line says what to look at.')
  const [isOpen, setOpen] = useState(false)
  const [code, setCode] = useState(1012)
  const body = useId()
  const act = (deed: Deed): void => {
    setWatch(deed.watch)
    damage(deed.damage, (deed.mark ?? deed.label).toLowerCase())
  }
  const { kill, start, freeze, thaw, deploy } = serverDeeds
  const close = closeCodes.find((one) => one.code === code) ?? closeCodes[0]!

  return (
    <aside className="damage" data-open={isOpen} aria-label="Break it">
      <button className="handle" aria-expanded={isOpen} aria-controls={body} onClick={() => setOpen(!isOpen)}>
        {isOpen ? 'Hide the tools' : 'Break it'}
      </button>
      <div className="body" id={body}>
        <h2>Break it</h2>
        <p className="watch" aria-live="polite">
          <b>Watch</b> {watch}
        </p>

        <Group title="Server process" state={server} tiles>
          <Do deed={server === 'stopped' ? start : kill} act={act} />
          <Do
            deed={server === 'frozen' ? thaw : freeze}
            act={act}
            disabled={server === 'stopped' || server === 'deploying'}
          />
          <Do deed={deploy} act={act} disabled={server !== 'running'} />
        </Group>

        <Group title="Network">
          <Segments
            name="Connections"
            options={networks}
            value={network}
            choose={(value) => act(networks.find((one) => one.value === value) ?? networks[0]!)}
          />
          <Segments
            name="Added latency, ms"
            options={latencies}
            value={latency}
            choose={(value) => {
              const chosen = latencies.find((one) => one.value === value)
              act({
                damage: { do: 'latency', latency: value },
                label: `+${value} ms`,
                detail: '',
                watch: chosen?.watch ?? '',
              })
            }}
          />
          <Segments
            name="Applies to"
            options={scopes}
            value={scope}
            choose={(value) => {
              setWatch(scopes.find((one) => one.value === value)?.watch ?? '')
              damage({ do: 'scope', scope: value }, null)
            }}
          />
        </Group>

        <Group title="Close the socket">
          <div className="close-with">
            <select
              aria-label="Close code"
              value={code}
              onChange={(event) => setCode(Number(event.target.value))}
            >
              {closeCodes.map((one) => (
                <option key={one.code} value={one.code}>
                  {one.label}
                </option>
              ))}
            </select>
            <button
              onClick={() =>
                act({ damage: { do: 'close', code }, label: String(code), detail: '', watch: close.watch })
              }
            >
              Close
            </button>
          </div>
        </Group>

        <Group title="Session and noise" tiles>
          {otherDeeds.map((deed) => (
            <Do key={deed.label} deed={deed} act={act} />
          ))}
        </Group>

        <button className="primary restore" onClick={() => act(restore)}>
          {restore.label}
        </button>
      </div>
    </aside>
  )
}

interface GroupProps {
  readonly title: string
  readonly state?: string
  readonly tiles?: boolean
  readonly children: ReactNode
}

function Group({ title, state, tiles = false, children }: GroupProps): ReactNode {
  return (
    <section className="group" aria-label={title}>
      <h3>
        {title}
        {state !== undefined && <span data-server={state}>{state}</span>}
      </h3>
      <div className={tiles ? 'tiles' : 'stack'}>{children}</div>
    </section>
  )
}

interface DoProps {
  readonly deed: Deed
  readonly act: (deed: Deed) => void
  readonly disabled?: boolean
}

function Do({ deed, act, disabled = false }: DoProps): ReactNode {
  return (
    <button className="do" disabled={disabled} onClick={() => act(deed)}>
      <b>{deed.label}</b>
      <small>{deed.detail}</small>
    </button>
  )
}
