//! Our MCP server in a host's file.

use std::path::Path;

use handoff_agents::{McpHost, Wirable};
use handoff_wiring::FoundServer;

use super::Diagnosis;
use crate::mcp_servers::{self, PROGRAM};

impl Diagnosis<'_> {
    /// A host that is given the server. One that is not here is not named: there are many.
    pub(super) fn server(&mut self, host: McpHost) {
        self.host = None;
        self.area = host.row().name;
        let is_wired = self.manifest.servers.contains_key(host.row().id);
        let Some(path) = mcp_servers::path(host, self.places) else { return };
        if !is_wired && !mcp_servers::is_here(host, self.places) {
            return;
        }
        if !is_wired && self.manifest.left_out.has(host.row().id) {
            if Wirable::of(host.row()).is_some() {
                // Said of its hook.
                return;
            }
            return self.note("it was left out with --only, or its wiring was taken away");
        }
        if !self.manifest.files.contains_key(&self.places.program(PROGRAM)) {
            let note = mcp_servers::missing(&[host]);
            return note.into_iter().for_each(|note| self.note(note));
        }
        if !is_wired && mcp_servers::may_be_expanded(self.places) {
            return self.note("it is not given the MCP server: the prefix has a `$`");
        }
        let Ok(text) = self.read(&path) else { return };
        match mcp_servers::find(host, self.places, &text.unwrap_or_default()) {
            Err(error) => self.malformed(&path, &error),
            Ok(found) => self.found_server(host, &path, found.as_ref()),
        }
    }

    /// What stands in the file: exactly ours, switched on, with programs that run.
    fn found_server(&mut self, host: McpHost, path: &Path, found: Option<&FoundServer>) {
        let shown = self.places.short(path);
        let again = self.again(&format!("install --only {}", host.row().id));
        let Some(found) = found else {
            return self.problem(format!("{shown} has no MCP server of ours"), again);
        };
        let line = found.line;
        if !found.is_ours {
            let fix = self.editor(path, Some(line), "rename it, then install again");
            return self
                .problem(format!("{shown} line {line}: agent-handoff is another server than ours"), fix);
        }
        if !mcp_servers::is_exact(host, self.places, found) {
            let program = super::quoted(found.program.as_deref().unwrap_or_default());
            return self.problem(
                format!(
                    "{shown} line {line}: the MCP server is not run as it is installed, but by {program}"
                ),
                again,
            );
        }
        if let Some((key, off)) = host.wiring.switch.filter(|_| found.is_off) {
            let fix = self.editor(path, Some(line), &format!("take {key} out"));
            return self.problem(
                format!("{shown} line {line}: the MCP server is switched off: {key} is {off}"),
                fix,
            );
        }
        for program in ["handoff", PROGRAM] {
            let program = self.places.program(program);
            if !handoff_files::is_program(&program) {
                let fix = self.anew("install");
                let program = self.places.short(&program);
                return self
                    .problem(format!("{shown} names the MCP server, and {program} is no program"), fix);
            }
        }
        self.well(format!("{shown} has the MCP server"));
    }
}
