/** Reads one line from the person at the terminal; undefined where the input ends without one. */
export async function askTerminal(question: string): Promise<string | undefined> {
  const { createInterface } = await import('node:readline')
  // On standard error: standard output belongs to the result.
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await new Promise((resolve) => {
      terminal.once('close', () => resolve(undefined))
      terminal.question(question, resolve)
    })
  } finally {
    terminal.close()
  }
}
