// mitt, with listeners that cannot hurt each other: what one throws is reported, and the next still runs.
import mitt from 'mitt'

/** Named events to listeners. */
export interface Emitter<Events extends Record<string, unknown>> {
  /** Listens; returns an idempotent unsubscribe. Once unsubscribed a listener is not called again, not even by the event under way. */
  on<E extends keyof Events>(event: E, listener: (value: Events[E]) => void): () => void
  emit<E extends keyof Events>(event: E, value: Events[E]): void
  /** How many listen to an event. */
  count(event: keyof Events): number
  /** The event under way reaches no further listener. */
  interrupt(): void
  clear(): void
}

/** An emitter. `report` is told what a listener threw, and which event it listened to. */
export function createEmitter<Events extends Record<string, unknown>>(
  report: (error: unknown, event: keyof Events) => void,
): Emitter<Events> {
  const inner = mitt<Events>()
  let interrupted = false
  return {
    on(event, listener) {
      let listening = true
      const isolated = (value: Events[typeof event]): void => {
        if (!listening || interrupted) return
        try {
          listener(value)
        } catch (error) {
          report(error, event)
        }
      }
      inner.on(event, isolated)
      return () => {
        listening = false
        inner.off(event, isolated)
      }
    },
    emit(event, value) {
      interrupted = false
      inner.emit(event, value)
    },
    interrupt() {
      interrupted = true
    },
    count: (event) => inner.all.get(event)?.length ?? 0,
    clear: () => inner.all.clear(),
  }
}
