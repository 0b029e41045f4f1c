//! Who is asked how full the usage windows are.

use std::path::Path;

use handoff_agents::{Dialect, HOSTS, Host};
use handoff_document::Timestamp;
use handoff_process::Environment;
use handoff_quota::{
    OpenusageExport, OpenusageSocket, Rollout, SourceName, Sources, Tap, Window, socket_path,
};

use crate::Settings;

/// The configured sources, in their order.
pub fn sources(
    settings: &Settings,
    environment: &Environment,
    state: &Path,
    host: Option<&'static Host>,
    transcript: Option<&Path>,
) -> Sources {
    let has_rollout = host.is_some_and(|host| host.transcript == Some(Dialect::Codex));
    settings.sources.iter().fold(Sources::new(), |sources, name| match name {
        SourceName::OpenusageSocket => {
            let named = settings.socket.as_deref().or(environment.openusage_socket.as_deref());
            match socket_path(named, environment.xdg_state_home.as_deref(), environment.home.as_deref()) {
                Some(path) => sources.with(OpenusageSocket::new(path)),
                None => sources,
            }
        }
        SourceName::OpenusageExport => sources.with(OpenusageExport::new(state)),
        SourceName::Statusline => sources.with(Tap::new(state)),
        SourceName::Rollout => match transcript.filter(|_| has_rollout) {
            Some(path) => sources.with(Rollout::new(path.to_owned())),
            None => sources,
        },
    })
}

/// How full the windows of `host` are, or of every host that has some where it has none, each in words.
pub fn describe_all(
    settings: &Settings,
    environment: &Environment,
    state: &Path,
    host: Option<&'static Host>,
) -> Vec<String> {
    let all = HOSTS.iter().copied().filter(|host| host.windows);
    let hosts: Vec<&'static Host> =
        host.filter(|host| host.windows).map_or_else(|| all.collect(), |host| vec![host]);
    let now = Timestamp::now();
    let mut words = Vec::new();
    for host in hosts {
        let answer =
            sources(settings, environment, state, Some(host), None).ask(Some(host), now, settings.budget);
        for window in answer.reading.iter().flat_map(|reading| &reading.windows) {
            words.push(describe(window));
        }
    }
    words
}

/// A window in words, with whose it is.
pub fn describe(window: &Window) -> String {
    let whose = window.tool.map_or_else(|| "the".to_owned(), |host| format!("{}'s", host.name));
    format!("{whose} {} window {}", window.name.as_str(), used(window))
}

/// How far it is used, in words.
pub fn used(window: &Window) -> String {
    let until = window.resets_at.map(|reset| format!(", until {reset}")).unwrap_or_default();
    format!("is used to {:.0} %{until}", window.used.get())
}

/// A window in as few characters as a statusline has: `5h 42 %`, `7d opus 13 %`.
pub fn short(window: &Window) -> String {
    let name = window.name.as_str();
    let (length, rest) = match window.minutes {
        Some(minutes) if minutes % (24 * 60) == 0 => (format!("{}d", minutes / (24 * 60)), name),
        Some(minutes) if minutes % 60 == 0 => (format!("{}h", minutes / 60), name),
        _ => (String::new(), name),
    };
    let rest = if length.is_empty() {
        rest
    } else {
        ["five_hour", "seven_day"].iter().find_map(|known| rest.strip_prefix(known)).unwrap_or(rest)
    };
    let words = format!("{length} {}", rest.replace('_', " "));
    let words: Vec<_> = words.split_whitespace().collect();
    format!("{} {:.0} %", words.join(" "), window.used.get())
}

/// Has openusage asked again beside us where that is due. What it says is read by a later event.
pub fn refresh(settings: &Settings, environment: &Environment, state: &Path) {
    if !settings.sources.contains(&SourceName::OpenusageExport) {
        return;
    }
    let now = Timestamp::now();
    // What cannot be asked now is asked with the next event.
    let find = || environment.find_program("openusage");
    if let Ok(Some(due)) = handoff_quota::refresh(state, handoff_quota::REFRESH_MINUTES, now, find) {
        let _ = due.command().spawn();
    }
}

#[cfg(test)]
mod tests {
    use handoff_agents::{CLAUDE_CODE, CODEX};
    use handoff_quota::{Percent, WindowName};

    use super::*;

    #[test]
    fn a_window_is_described_with_whose_it_is() {
        let window = |tool, name, resets_at| Window {
            tool,
            name: WindowName::new(name).unwrap_or_else(|| panic!("{name}")),
            minutes: None,
            used: Percent::of(95),
            resets_at,
        };
        let reset = Some(Timestamp::from_seconds(1_795_255_200));
        for (window, wanted) in [
            (
                window(Some(&CLAUDE_CODE), "five_hour", reset),
                "Claude Code's five_hour window is used to 95 %, until 2026-11-21T10:00:00Z",
            ),
            (window(Some(&CODEX), "primary", None), "Codex's primary window is used to 95 %"),
            (window(None, "gemini:usage", None), "the gemini:usage window is used to 95 %"),
        ] {
            assert_eq!(describe(&window), wanted);
        }
    }

    #[test]
    fn a_statusline_has_a_window_in_few_characters() {
        for (name, minutes, wanted) in [
            ("five_hour", Some(300), "5h 95 %"),
            ("seven_day", Some(10_080), "7d 95 %"),
            ("seven_day_opus", Some(10_080), "7d opus 95 %"),
            ("spend_limit", None, "spend limit 95 %"),
        ] {
            let name = WindowName::new(name).unwrap_or_else(|| panic!("{name}"));
            let used = Percent::of(95);
            assert_eq!(
                short(&Window { tool: Some(&CLAUDE_CODE), name, minutes, used, resets_at: None }),
                wanted
            );
        }
    }
}
