// What this machine has of the programs some tests need: Chromium, and a Python with FastAPI and its servers.
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'

/** A program a group of tests needs, where Debian has it, and how to find it. */
export interface Need {
  /** What is missing, in words. */
  readonly what: string
  /** The tests that cannot run without it. */
  readonly tests: string
  readonly packages: readonly string[]
  /** The program to start; null when it is not there or lacks something. */
  readonly find: () => string | null
}

const pythonModules = ['fastapi', 'uvicorn', 'wsproto', 'websockets']

/** The Chromium to start, or null; `HOLDFAST_CHROMIUM` overrides the usual place. */
export function findChromium(): string | null {
  const path = process.env.HOLDFAST_CHROMIUM ?? '/usr/bin/chromium'
  try {
    accessSync(path, constants.X_OK)
    return path
  } catch {
    return null
  }
}

/** The Python to start FastAPI with, or null; `HOLDFAST_PYTHON` overrides the system's. */
export function findPython(): string | null {
  const path = process.env.HOLDFAST_PYTHON ?? '/usr/bin/python3'
  const script = `import importlib.util as u, sys; sys.exit(not all(u.find_spec(m) for m in ${JSON.stringify(pythonModules)}))`
  return spawnSync(path, ['-c', script], { stdio: 'ignore' }).status === 0 ? path : null
}

/** By vitest project. */
export const needs: Readonly<Record<string, Need>> = {
  browser: {
    what: 'Chromium',
    tests: 'the browser tests',
    packages: ['chromium'],
    find: findChromium,
  },
  integration: {
    what: `Python with ${pythonModules.join(', ')}`,
    tests: 'the tests against FastAPI',
    // Besides those: networks of our own, and certificates that nobody trusts.
    packages: [...pythonModules.map((name) => `python3-${name}`), 'iproute2', 'openssl'],
    find: findPython,
  },
}
