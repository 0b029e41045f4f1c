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

// The commands that lie in ../commands.
const COMMANDS = ["handoff", "upgrade-handoff"]

// One of them.
const command = async (name) => {
  const text = await readFile(new URL(`../commands/${name}.md`, import.meta.url), "utf8")
  const [, head, template] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text)
  return { description: /^description: (.*)$/m.exec(head)[1], template: template.trim() }
}

// What OpenCode says behind the text of a skill that it takes for a command.
const OF_A_SKILL = "\nBase directory for this skill: "

const firstLine = (text) => text.split("\n", 1)[0]

// The text of a command with what its user typed behind its name, as OpenCode puts that in.
const filled = (template, typed) => {
  if (template.includes("$ARGUMENTS")) return template.replaceAll("$ARGUMENTS", () => typed)
  return typed.trim() ? `${template}\n\n${typed}` : template
}

export const AgentHandoff = async ({ client, directory }) => {
  const told = new Set()
  return {
    // OpenCode reads those files itself. In one of some dozens of starts it has not.
    config: async (config) => {
      for (const name of COMMANDS) {
        try {
          if (!config.command?.[name]) config.command = { ...config.command, [name]: await command(name) }
        } catch {}
      }
    },
    // It may have listed the commands before that. Then our skill of the same name for another agent stands in for ours.
    "command.execute.before": async ({ command: name, arguments: typed }, { parts }) => {
      if (!COMMANDS.includes(name)) return
      try {
        const { template } = await command(name)
        const part = parts.find(({ type }) => type === "text")
        const isOurs = part?.text.includes(OF_A_SKILL) && firstLine(part.text) === firstLine(template)
        if (isOurs) part.text = filled(template, typed ?? "")
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
