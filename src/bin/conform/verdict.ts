// How a case ends early: the server does not keep the rule, or there is nothing to try.

/** The server does not keep the rule. */
export class Failure extends Error {}

/** There is nothing to try here. */
export class Skip extends Error {}

/** Throws a Failure that says what was seen, unless all is well. */
export function must(isRight: boolean, seen: string): asserts isRight {
  if (!isRight) throw new Failure(seen)
}
