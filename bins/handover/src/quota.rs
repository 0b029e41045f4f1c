//! Who is asked how full the usage windows are.

use std::path::Path;

use handoff_process::Environment;
use handoff_quota::{OpenusageExport, OpenusageSocket, Rollout, SourceName, Sources, Tap, Tool, socket_path};

use crate::config::Config;

/// The configured sources, in their order.
pub(crate) fn sources(
    config: &Config,
    environment: &Environment,
    state: &Path,
    tool: Tool,
    transcript: Option<&Path>,
) -> Sources {
    config.sources.iter().fold(Sources::new(), |sources, name| match name {
        SourceName::OpenusageSocket => {
            let named = config.socket.as_deref().or(environment.openusage_socket.as_deref());
            match socket_path(named, environment.xdg_state_home.as_deref(), environment.home.as_deref()) {
                Some(path) => sources.with(OpenusageSocket::new(path)),
                None => sources,
            }
        }
        SourceName::OpenusageExport => sources.with(OpenusageExport::new(state)),
        SourceName::Statusline => sources.with(Tap::new(state)),
        SourceName::Rollout => match transcript.filter(|_| tool == Tool::Codex) {
            Some(path) => sources.with(Rollout::new(path.to_owned())),
            None => sources,
        },
    })
}

/// Has openusage asked again beside us where that is due. What it says is read by a later event.
pub(crate) fn refresh(config: &Config, environment: &Environment, state: &Path) {
    if !config.sources.contains(&SourceName::OpenusageExport) {
        return;
    }
    let now = handoff_document::Timestamp::now();
    // What cannot be asked now is asked with the next event.
    let find = || environment.find_program("openusage");
    if let Ok(Some(due)) = handoff_quota::refresh(state, handoff_quota::REFRESH_MINUTES, now, find) {
        let _ = due.command().spawn();
    }
}
