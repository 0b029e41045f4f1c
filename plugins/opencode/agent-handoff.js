// agent-handoff for OpenCode: a session is given the handoffs that wait for its worktree, with its first prompt.
// OpenCode loads this file from ~/.config/opencode/plugins. A prompt goes on as it is when the program is missing or slow.
import { execFile } from "node:child_process"
import { randomBytes } from "node:crypto"
import { readFile } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"

const PROGRAM = join(process.env.AGENT_HANDOFF_HOME || join(homedir(), ".agent-handoff"), "bin", "session-start")
const LIMIT_MS = 5000

// What the program prints for this session.
const printed = (root, session) =>
  new Promise((resolve) => {
    setTimeout(resolve, LIMIT_MS, "").unref?.()
    const options = { timeout: LIMIT_MS, killSignal: "SIGKILL" }
    const child = execFile(PROGRAM, ["--root", root], options, (error, out) => resolve(error ? "" : out))
    child.stdin.on("error", () => {})
    child.stdin.end(JSON.stringify({ hook_event_name: "chat.message", session_id: session, cwd: root }))
  })

// The command /handoff, from the file that lies in ../commands.
const command = async () => {
  const text = await readFile(new URL("../commands/handoff.md", import.meta.url), "utf8")
  const [, head, template] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text)
  return { description: /^description: (.*)$/m.exec(head)[1], template: template.trim() }
}

export const AgentHandoff = async ({ client, directory }) => {
  const told = new Set()
  return {
    // OpenCode reads that file itself. Where it has not, a skill of the same name for another agent would stand in for it.
    config: async (config) => {
      try {
        if (!config.command?.handoff) config.command = { ...config.command, handoff: await command() }
      } catch {}
    },
    "chat.message": async ({ sessionID }, { message, parts }) => {
      if (told.has(sessionID)) return
      told.add(sessionID)
      try {
        // A subagent's session has a parent, whose handoffs they are.
        const session = await client.session.get({ path: { id: sessionID } })
        if (session.data?.parentID) return
        const text = await printed(directory, sessionID)
        const id = "prt_0" + randomBytes(12).toString("hex")
        if (text) parts.unshift({ id, sessionID, messageID: message.id, type: "text", text, synthetic: true })
      } catch {}
    },
    // Which session a handoff is from: it is not given back to that one.
    "shell.env": async ({ sessionID }, { env }) => {
      if (sessionID) env.OPENCODE_SESSION_ID = sessionID
    },
  }
}
