//! Which agent writes.

use handoff_agents::Host;
use handoff_process::Environment;

use crate::args::Args;

/// The agent that writes, as far as it is known.
#[derive(Debug)]
pub(crate) struct Tool {
    /// Its name in `session_tool`.
    pub(crate) name: Option<String>,
    /// Whether this may be the shell of several agents, none of which was named.
    pub(crate) is_ambiguous: bool,
}

/// The agent of `--tool`, else the one whose shell this is. A skill that several agents read cannot name one.
pub(crate) fn find(args: &Args) -> Tool {
    if let Some(name) = &args.tool {
        return Tool { name: Some(name.clone()), is_ambiguous: false };
    }
    match of_shell().as_slice() {
        [only] => Tool { name: Some(only.stamp.to_owned()), is_ambiguous: false },
        agents => Tool { name: None, is_ambiguous: !agents.is_empty() },
    }
}

/// What a writer should know of it: a line of `--context`.
pub(crate) fn describe() -> String {
    match of_shell().as_slice() {
        [only] => format!("agent:    {}\n", only.stamp),
        [] => "agent:    unknown; --tool NAME says which you are\n".to_owned(),
        several => {
            format!(
                "agent:    unknown, one of {}; --tool NAME says which you are\n",
                several.iter().map(|host| host.stamp).collect::<Vec<_>>().join(", ")
            )
        }
    }
}

fn of_shell() -> Vec<&'static Host> {
    Host::of_shell(|name| Environment::variable(name).is_some())
}
