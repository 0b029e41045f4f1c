//! Writes the plugin's skills anew: `cargo run -p handoff-skills --example plugin`.
#![expect(clippy::disallowed_methods, reason = "a tool of this repository, in its own checkout")]

use handoff_agents::{CLAUDE_CODE, CODEX};
use handoff_skills::{Programs, Skill, Target, render};
use std::fs;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/agent-handoff");
    for (host, directory) in [(&CLAUDE_CODE, "skills"), (&CODEX, "codex/skills")] {
        for skill in Skill::ALL {
            for file in render(skill, Target { host, programs: Programs::Plugin }) {
                let path = plugin.join(directory).join(file.path);
                fs::create_dir_all(path.parent().expect("it is below the plugin"))?;
                fs::write(path, file.text)?;
            }
        }
    }
    Ok(())
}
