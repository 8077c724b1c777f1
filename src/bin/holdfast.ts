// The command line, `holdfast`: hands the arguments over and ends with the status that comes back.
import { main } from './conform/main.ts'

const { stdout, stderr, env } = process
// Who reads only the first lines closes the pipe: no reason to throw.
stdout.on('error', () => undefined)

process.exitCode = await main(process.argv.slice(2), {
  out: (text) => stdout.write(text),
  error: (text) => stderr.write(text),
  pretty: stdout.isTTY && !env.NO_COLOR,
})
