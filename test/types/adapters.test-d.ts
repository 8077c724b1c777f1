// What apps may write with the adapters, and what the compiler must refuse.
import type {
  Connection,
  ConnectionSnapshot,
  Freshness,
  Quality,
  StateChannel,
  StateSnapshot,
  Status,
  StreamChannel,
  StreamSnapshot,
} from 'holdfast'
import * as react from 'holdfast/react'
import { bind, watch } from 'holdfast/vanilla'
import * as vue from 'holdfast/vue'
import { expectTypeOf, test } from 'vitest'
import { computed, ref, shallowRef, type ShallowRef } from 'vue'

interface Queue {
  readonly waiting: number
}
type Ref<T> = Readonly<ShallowRef<T>>
declare const live: Connection
declare const queue: StateChannel<Queue>
declare const maybeLive: Connection | null
declare const maybeQueue: StateChannel<Queue> | null | undefined

test('[E3] React: without a selector the snapshot, undefined only where there may be nothing', () => {
  expectTypeOf(react.useConnection(live)).toEqualTypeOf<ConnectionSnapshot>()
  expectTypeOf(react.useConnection(maybeLive)).toEqualTypeOf<ConnectionSnapshot | undefined>()
  expectTypeOf(react.useChannel(queue)).toEqualTypeOf<StateSnapshot<Queue>>()
  expectTypeOf(react.useChannel(maybeQueue)).toEqualTypeOf<StateSnapshot<Queue> | undefined>()
  expectTypeOf(react.useChannel(live.state<Queue>('queue'))).toEqualTypeOf<StateSnapshot<Queue>>()
  // @ts-expect-error - there may be nothing
  const { status } = react.useConnection(maybeLive)
  expectTypeOf(status).toEqualTypeOf<Status>()
})

test('[E3 B10] React: the freshness tells whether there is data', () => {
  const snapshot = react.useChannel(queue)
  if (snapshot.freshness === 'unknown') expectTypeOf(snapshot.data).toEqualTypeOf<undefined>()
  else expectTypeOf(snapshot.data).toEqualTypeOf<Queue>()
})

test('[E3] React: with a selector what it picks, and the equality compares that', () => {
  expectTypeOf(react.useConnection(live, (snapshot) => snapshot.status)).toEqualTypeOf<Status>()
  expectTypeOf(react.useConnection(maybeLive, ({ quality }) => quality)).toEqualTypeOf<Quality | undefined>()
  expectTypeOf(react.useChannel(queue, ({ data }) => data?.waiting)).toEqualTypeOf<number | undefined>()
  expectTypeOf(react.useChannel(queue, ({ data }) => data?.waiting ?? 0)).toEqualTypeOf<number>()
  expectTypeOf(react.useChannel(maybeQueue, ({ data }) => data?.waiting ?? 0)).toEqualTypeOf<
    number | undefined
  >()
  react.useChannel(
    queue,
    ({ data }) => data?.waiting ?? 0,
    (previous, next) => previous - next < 1,
  )
  react.useChannel(
    queue,
    // @ts-expect-error - numbers are picked, not strings
    ({ data }) => data?.waiting ?? 0,
    (previous: string, next: string) => previous === next,
  )
  // @ts-expect-error - an equality without a selector compares nothing
  react.useChannel(queue, undefined, Object.is)
})

test('[E3] React: a connection is no channel, and a channel no connection', () => {
  // @ts-expect-error - no data in there
  react.useChannel(live)
  // @ts-expect-error - no status in there
  react.useConnection(queue)
  // @ts-expect-error - Vue takes getters, React does not
  react.useChannel(() => queue)
})

test('[E3] Vue: without a selector a readonly ref for each field, never a union of objects', () => {
  const { data, freshness, source, error, asOf } = vue.useChannel(queue)
  expectTypeOf(data).toEqualTypeOf<Ref<Queue | undefined>>()
  expectTypeOf(freshness).toEqualTypeOf<Ref<Freshness>>()
  expectTypeOf(source).toEqualTypeOf<Ref<StateSnapshot<Queue>['source']>>()
  expectTypeOf(error).toEqualTypeOf<Ref<StateSnapshot<Queue>['error']>>()
  expectTypeOf(asOf).toEqualTypeOf<Ref<number | null>>()
  expectTypeOf(vue.useConnection(live).status).toEqualTypeOf<Ref<Status>>()
  expectTypeOf(vue.useConnection(maybeLive).status).toEqualTypeOf<Ref<Status | undefined>>()
  expectTypeOf(vue.useChannel(maybeQueue).freshness).toEqualTypeOf<Ref<Freshness | undefined>>()
  // @ts-expect-error - readonly
  data.value = { waiting: 1 }
})

test('[E3] Vue: takes refs, computed refs and getters of a channel or of nothing', () => {
  expectTypeOf(vue.useChannel(() => queue).freshness).toEqualTypeOf<Ref<Freshness>>()
  expectTypeOf(vue.useChannel(() => maybeQueue).data).toEqualTypeOf<Ref<Queue | undefined>>()
  expectTypeOf(vue.useChannel(shallowRef(queue)).data).toEqualTypeOf<Ref<Queue | undefined>>()
  expectTypeOf(vue.useChannel(ref(queue)).data).toEqualTypeOf<Ref<Queue | undefined>>()
  expectTypeOf(vue.useChannel(computed(() => maybeQueue)).freshness).toEqualTypeOf<
    Ref<Freshness | undefined>
  >()
  expectTypeOf(vue.useConnection(() => maybeLive).quality).toEqualTypeOf<Ref<Quality | undefined>>()
})

test('[E3] Vue: with a selector one readonly ref of what it picks', () => {
  expectTypeOf(vue.useConnection(live, ({ status }) => status)).toEqualTypeOf<Ref<Status>>()
  expectTypeOf(
    vue.useConnection(
      () => maybeLive,
      ({ status }) => status,
    ),
  ).toEqualTypeOf<Ref<Status | undefined>>()
  expectTypeOf(
    vue.useChannel(
      () => queue,
      ({ data }) => data?.waiting ?? 0,
    ),
  ).toEqualTypeOf<Ref<number>>()
  expectTypeOf(vue.useChannel(maybeQueue, ({ data }) => data?.waiting ?? 0)).toEqualTypeOf<
    Ref<number | undefined>
  >()
  vue.useChannel(
    queue,
    // @ts-expect-error - numbers are picked, not strings
    ({ data }) => data?.waiting ?? 0,
    (previous: string, next: string) => previous === next,
  )
})

test('[E3] Vue: a connection is no channel, and a channel no connection', () => {
  // @ts-expect-error - no data in there
  vue.useChannel(live)
  // @ts-expect-error - no status in there
  vue.useConnection(() => queue)
})

test('[E3] vanilla: run gets the snapshot, or what the selector picks', () => {
  watch(live, (snapshot) => expectTypeOf(snapshot).toEqualTypeOf<ConnectionSnapshot>())
  watch(maybeQueue, (snapshot) => expectTypeOf(snapshot).toEqualTypeOf<StateSnapshot<Queue>>())
  const stop = watch(
    queue,
    ({ data }) => data?.waiting ?? 0,
    (waiting) => expectTypeOf(waiting).toEqualTypeOf<number>(),
    (previous, next) => previous - next < 1,
  )
  expectTypeOf(stop).toEqualTypeOf<() => void>()
  // @ts-expect-error - nothing to run
  watch(queue)
})

test('[E3] vanilla: render gets the snapshot and the element it was given', () => {
  const button = document.createElement('button')
  bind(button, live, ({ status }, element) => {
    expectTypeOf(status).toEqualTypeOf<Status>()
    expectTypeOf(element).toEqualTypeOf<HTMLButtonElement>()
  })
  bind(button, maybeQueue, ({ data }) => data?.waiting)
  // @ts-expect-error - a missing element is a mistake, not "nothing yet"
  bind(document.querySelector('p'), queue, ({ data }) => data?.waiting)
})

declare const chat: StreamChannel<string>
declare const maybeChat: StreamChannel<string> | null

test('[E3] streams are channels, too', () => {
  expectTypeOf(react.useChannel(chat)).toEqualTypeOf<StreamSnapshot<string>>()
  expectTypeOf(react.useChannel(maybeChat)).toEqualTypeOf<StreamSnapshot<string> | undefined>()
  expectTypeOf(react.useChannel(chat, ({ items }) => items.at(-1))).toEqualTypeOf<string | undefined>()
  expectTypeOf(vue.useChannel(chat).items).toEqualTypeOf<Ref<readonly string[]>>()
  expectTypeOf(vue.useChannel(maybeChat).items).toEqualTypeOf<Ref<readonly string[] | undefined>>()
  expectTypeOf(vue.useChannel(chat, ({ gap }) => gap !== null)).toEqualTypeOf<Ref<boolean>>()
  expectTypeOf(vue.useChannel(chat)).not.toHaveProperty('data')
})
