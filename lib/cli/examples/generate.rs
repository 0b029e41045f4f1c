//! Writes the man pages and completions into a directory: `cargo run -p handoff-cli --example generate -- DIR`.
//! Released archives have them.
#![expect(
    clippy::disallowed_methods,
    reason = "it is run by the one who packs a release, and writes where that says"
)]

use std::path::Path;
use std::{env, fs, io};

use handoff_cli::tables::{handoff, handover, inbox, mcp, session_start, write};
use handoff_cli::{CalledAs, complete, man_page};

fn main() -> io::Result<()> {
    let out = env::args_os().nth(1).ok_or_else(|| io::Error::other("usage: generate DIR"))?;
    let out = Path::new(&out);
    let (man, completions) = (out.join("man"), out.join("completions"));
    fs::create_dir_all(&man)?;
    fs::create_dir_all(&completions)?;
    for (program, called) in [
        (&handoff::PROGRAM, "handoff"),
        (&handover::PROGRAM, "handover"),
        (&inbox::PROGRAM, "handoff inbox"),
        (&write::PROGRAM, "handoff write"),
        (&mcp::PROGRAM, "handoff mcp"),
        (&session_start::PROGRAM, "session-start"),
    ] {
        let page =
            man_page(program, &CalledAs::new(None, program.name, &[called]), env!("CARGO_PKG_VERSION"), "");
        fs::write(man.join(format!("{}.1", called.replace(' ', "-"))), page)?;
    }
    for program in [&handoff::PROGRAM, &handover::PROGRAM] {
        let name = program.name;
        fs::write(completions.join(format!("{name}.bash")), complete::bash(program))?;
        fs::write(completions.join(format!("_{name}")), complete::zsh(program))?;
        fs::write(completions.join(format!("{name}.fish")), complete::fish(program))?;
    }
    Ok(())
}
