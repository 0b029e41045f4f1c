// agent-handoff for Amp: a thread is told with its first prompt which handoffs wait for its worktree.
// Amp loads this file from ~/.config/amp/plugins. A prompt goes on as it is when the program is missing or slow.
import { execFile } from "node:child_process"
import { homedir } from "node:os"
import { join } from "node:path"

const PROGRAM = join(process.env.AGENT_HANDOFF_HOME || join(homedir(), ".agent-handoff"), "bin", "session-start")
const LIMIT_MS = 5000

/**
 * What the program prints for this thread.
 * @type {(thread: string) => Promise<string>}
 */
const printed = (thread) =>
  new Promise((resolve) => {
    setTimeout(resolve, LIMIT_MS, "").unref?.()
    const options = { timeout: LIMIT_MS, killSignal: "SIGKILL" }
    const child = execFile(PROGRAM, [], options, (error, out) => resolve(error ? "" : out))
    child.stdin.on("error", () => {})
    child.stdin.end(JSON.stringify({ hook_event_name: "agent.start", session_id: thread, cwd: process.cwd() }))
  })

export default function agentHandoff(amp) {
  const told = new Set()
  // It runs at each prompt; what it returns goes to the model behind that.
  amp.on("agent.start", async (event) => {
    try {
      const thread = event.thread.id
      if (told.has(thread)) return {}
      told.add(thread)
      const content = (await printed(thread)).trim()
      return content ? { message: { content, display: false } } : {}
    } catch {
      return {}
    }
  })
}
