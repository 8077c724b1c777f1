// mitt, with listeners that cannot hurt each other: what one throws is reported, and the next still runs.
import mitt from 'mitt'

/** Named events to listeners. */
export interface Emitter<Events extends Record<string, unknown>> {
  /** Listens; returns an idempotent unsubscribe. Once unsubscribed a listener is not called again, not even by the event under way. */
  on<E extends keyof Events>(event: E, listener: (value: Events[E]) => void): () => void
  emit<E extends keyof Events>(event: E, value: Events[E]): void
  /** How many listen to an event. */
  count(event: keyof Events): number
  clear(): void
}

/** An emitter. `report` is told what a listener threw, and which event it listened to. */
export function createEmitter<Events extends Record<string, unknown>>(
  report: (error: unknown, event: keyof Events) => void,
): Emitter<Events> {
  const inner = mitt<Events>()
  return {
    on(event, listener) {
      const isolated = (value: Events[typeof event]): void => {
        if (!inner.all.get(event)?.includes(isolated as never)) return
        try {
          listener(value)
        } catch (error) {
          report(error, event)
        }
      }
      inner.on(event, isolated)
      return () => inner.off(event, isolated)
    },
    emit: inner.emit,
    count: (event) => inner.all.get(event)?.length ?? 0,
    clear: () => inner.all.clear(),
  }
}
