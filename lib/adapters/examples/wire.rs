//! Wires and unwires a project and a user, over and over, for tests that kill it: `wire PROJECT HOME enable|disable|both`.

use std::path::Path;

use handoff_adapters::{AdapterError, Here, Manifest, Scope, Surface, disable, enable, recover};
use handoff_agents::HOSTS;

fn main() -> Result<(), AdapterError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [project, home, verb] = arguments.as_slice() else { return Ok(()) };
    let (project, home) = (Path::new(project), Path::new(home));
    let here = Here {
        directories: [("claude", home.join(".claude")), ("codex", home.join(".codex"))].into(),
        home: Some(home.to_owned()),
        path: Vec::new(),
        project: project.to_owned(),
        program: "/opt/bin/handover".into(),
        git: None,
        worktrees: Vec::new(),
    };
    let tools: Vec<_> = HOSTS.to_vec();
    loop {
        for (scope, record) in [
            (Scope::Project, project.join(".handover/wiring.json")),
            (Scope::User, home.join(".local/state/handover/wiring.json")),
        ] {
            let load = || Manifest::load(&record, scope).inspect(|manifest| recover(&here, manifest));
            if verb != "disable" {
                enable(&here, &tools, &Surface::ALL, load()?)?.carry_out()?;
            }
            if verb != "enable" {
                disable(&here, &tools, load()?)?.carry_out()?;
            }
        }
        if verb != "both" {
            return Ok(());
        }
    }
}
