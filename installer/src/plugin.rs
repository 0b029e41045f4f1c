//! The plugin as a marketplace of its own, so that `claude plugin marketplace add` and `codex plugin marketplace add`
//! take the prefix as they take a checkout.

/// A file of it.
pub(crate) struct PluginFile {
    /// Below the marketplace.
    pub(crate) path: &'static str,
    pub(crate) text: &'static str,
}

impl PluginFile {
    /// Whether it is run.
    pub(crate) fn is_program(&self) -> bool {
        self.path.contains("/bin/")
    }
}

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(PluginFile { path: $path, text: include_str!(concat!("../../", $path)) }),*]
    };
}

/// All of them.
pub(crate) const FILES: &[PluginFile] = files![
    ".agents/plugins/marketplace.json",
    ".claude-plugin/marketplace.json",
    "plugins/agent-handoff/.claude-plugin/plugin.json",
    "plugins/agent-handoff/.codex-plugin/plugin.json",
    "plugins/agent-handoff/LICENSE",
    "plugins/agent-handoff/README.md",
    "plugins/agent-handoff/bin/handoff",
    "plugins/agent-handoff/bin/handoff-write",
    "plugins/agent-handoff/bin/inbox",
    "plugins/agent-handoff/bin/session-start",
    "plugins/agent-handoff/codex/hooks.json",
    "plugins/agent-handoff/codex/skills/handoff/SKILL.md",
    "plugins/agent-handoff/codex/skills/upgrade-handoff/SKILL.md",
    "plugins/agent-handoff/hooks/hooks.json",
    "plugins/agent-handoff/skills/handoff/SKILL.md",
    "plugins/agent-handoff/skills/upgrade-handoff/SKILL.md",
    "plugins/amp/agent-handoff.ts",
    "plugins/opencode/agent-handoff.js",
];

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    #[expect(clippy::disallowed_methods, reason = "a test looks at the checkout by hand")]
    fn below(dir: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
    }

    #[test]
    fn no_file_of_the_plugin_is_left_out() {
        let checkout = crate::programs::checkout().unwrap();
        let mut there: Vec<_> = [".agents", ".claude-plugin", "plugins"]
            .into_iter()
            .flat_map(|dir| below(&checkout.join(dir)))
            .collect();
        there.sort();
        let carried: Vec<_> = super::FILES.iter().map(|file| checkout.join(file.path)).collect();
        assert_eq!(carried, there);
    }
}
