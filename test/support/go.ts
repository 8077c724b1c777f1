// Go, where this machine has it with the package that the samples import (Debian: golang-go golang-github-gorilla-websocket-dev).
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const path = '/usr/share/gocode'
const env = { ...process.env, GO111MODULE: 'off', GOPATH: path, GOFLAGS: '' }

/** Whether the samples can be built, without a network. */
export function findGo(): boolean {
  return existsSync(`${path}/src/github.com/gorilla/websocket`) && spawnSync('go', ['version']).status === 0
}

/** Builds one file into a program. */
export function buildGo(file: string, program: string): void {
  const { status, stderr } = spawnSync('go', ['build', '-o', program, file], { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`go build ${file} failed: ${stderr}`)
}
