//! The `config.yaml` that a user without one is given.

/// The whole of it.
const TEXT: &str = include_str!("preset.yaml");

/// A backend of the preset.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name in `config.yaml`.
    pub name: &'static str,
    /// What it runs.
    pub protocol: Protocol,
    /// The variable that it needs, where the program's own login is not enough.
    pub variable: Option<&'static str>,
}

impl Preset {
    /// All of them, in the order of the text: a key that was exported for one comes before a login.
    pub const ALL: [Self; 4] = [
        Self { name: "deepseek", protocol: Protocol::Claude, variable: Some("DEEPSEEK_API_KEY") },
        Self { name: "opus", protocol: Protocol::Claude, variable: None },
        Self { name: "codex", protocol: Protocol::Codex, variable: None },
        Self { name: "gemini", protocol: Protocol::Gemini, variable: None },
    ];

    /// The text with this backend first, which makes it the default.
    pub fn text(self) -> String {
        let Some((head, rest)) = TEXT.split_once("backends:\n") else { return TEXT.to_owned() };
        let name = format!("\n  {}:\n", self.name);
        let (own, others): (Vec<&str>, Vec<&str>) =
            rest.trim_end().split("\n\n").partition(|entry| format!("\n{entry}").contains(&name));
        let entries: Vec<&str> = own.into_iter().chain(others).collect();
        format!("{head}backends:\n{}\n", entries.join("\n\n"))
    }
}
use handoff_agents::Protocol;
