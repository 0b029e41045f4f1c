//! Which paths a bundle may write: never those by which git or another program would be turned against the user, and
//! those that programs run or obey only on the user's word.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use crate::error::Refusal;
use crate::path::TreePath;

/// Directories whose content programs run or obey, wherever they stand in the tree.
const DIRECTORIES: [&str; 33] = [
    ".agents",
    ".amp",
    ".aider",
    ".antigravity",
    ".circleci",
    ".claude",
    ".claude-plugin",
    ".cline",
    ".clinerules",
    ".codex",
    ".codex-plugin",
    ".continue",
    ".crush",
    ".cursor",
    ".devcontainer",
    ".devin",
    ".direnv",
    ".factory",
    ".gemini",
    ".githooks",
    ".github",
    ".gitlab",
    ".husky",
    ".idea",
    ".kiro",
    ".opencode",
    ".qwen",
    ".roo",
    ".vscode",
    ".windsurf",
    ".zed",
    ".cargo",
    ".jj",
];

/// Files that programs run or obey, wherever they stand in the tree.
const FILES: [&str; 51] = [
    ".aider.conf.yml",
    ".bash_profile",
    ".bashrc",
    ".continuerules",
    ".crush.json",
    ".cursorrules",
    ".env",
    ".envrc",
    ".gitattributes",
    ".gitconfig",
    ".gitlab-ci.yml",
    ".gitmodules",
    ".goosehints",
    ".lefthook.yml",
    ".mcp.json",
    ".mise.toml",
    ".npmrc",
    ".pre-commit-config.yaml",
    ".profile",
    ".rules",
    ".tool-versions",
    ".travis.yml",
    ".windsurfrules",
    ".yarnrc",
    ".yarnrc.yml",
    ".zprofile",
    ".zshenv",
    ".zshrc",
    "agent.md",
    "agents.md",
    "agents.override.md",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    "claude.local.md",
    "claude.md",
    "context.md",
    "conventions.md",
    "copilot-instructions.md",
    "crush.json",
    "crush.local.md",
    "crush.md",
    "gemini.md",
    "jenkinsfile",
    "lefthook.yml",
    "mcp.json",
    "mise.toml",
    "opencode.json",
    "opencode.jsonc",
    "qwen.md",
    ".lfsconfig",
    ".pnpmfile.cjs",
];

/// The directory of the bundles, at the top.
pub const OWN_DIRECTORY: &str = ".handover";

/// What this program keeps in it, folded. A bundle neither carries nor writes anything of these names; other names in the
/// directory are the user's.
const OWN_NAMES: [&str; 9] = [
    ".gitignore",
    "apply.lock",
    "bundles",
    "config.toml",
    "current",
    "current.lock",
    "rendered",
    "undo",
    "wired.json",
];

/// How the names of files that are being written start there, and of those that are being replaced.
const TEMPORARY_NAMES: [&str; 2] = [".tmp-", ".agent-handoff-tmp-"];

/// The longest path and the deepest one that are carried, in bytes and components: what Linux and macOS can name.
const MAX_PATH_BYTES: usize = 4000;
const MAX_COMPONENTS: usize = 500;

/// Why nothing may be written to `path`; None when it may.
pub fn forbidden(path: &TreePath) -> Option<&'static str> {
    let bytes = path.as_bytes();
    if bytes.is_empty() {
        return Some("which is no name");
    }
    if bytes.starts_with(b"/") {
        return Some("which is an absolute path");
    }
    if bytes.contains(&0) {
        return Some("which has a NUL in it");
    }
    if bytes.len() > MAX_PATH_BYTES || path.components().count() > MAX_COMPONENTS {
        return Some("which is longer than a path can be");
    }
    for component in path.components() {
        match component {
            b"" | b"." => return Some("which is not a plain path"),
            b".." => return Some("which leads out of the tree"),
            _ if component.len() > 255 => return Some("which is longer than a name can be"),
            _ => {}
        }
        if is_dot_git(component) {
            return Some("which is git's own, or would be on some file systems");
        }
    }
    is_own_state(path).then_some("which is this program's own, in .handover")
}

/// Whether `path` is `.handover` itself, one of the files and directories that this program keeps there, or anything in a
/// directory whose name a file system could take for `.handover`, as `.HANDOVER`.
pub fn is_own_state(path: &TreePath) -> bool {
    let mut components = path.components();
    let Some(directory) = components.next().filter(|first| is_own_directory(first)) else { return false };
    let Some(name) = components.next() else { return true };
    let name = comparable(name);
    directory != OWN_DIRECTORY.as_bytes()
        || OWN_NAMES.contains(&&*name)
        || TEMPORARY_NAMES.iter().any(|start| name.starts_with(start))
}

/// `.git` as some file system would take it: in any case, with dots, spaces or a stream behind it or by its short name
/// (Windows), with characters in it that are not seen (macOS). A backslash ends a name on Windows.
fn is_dot_git(component: &[u8]) -> bool {
    let parts = component.split(|byte| matches!(byte, b'\\' | b':'));
    for part in parts {
        let seen = fold(part);
        let end = seen.trim_end_matches([' ', '.']);
        let short = |name: &str| {
            end.strip_prefix(name).is_some_and(|digits| {
                !digits.is_empty() && digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        if end == ".git" || short("git~") || short("gi~") || short("g~") {
            return true;
        }
    }
    false
}

fn is_own_directory(component: &[u8]) -> bool {
    comparable(component) == OWN_DIRECTORY
}

/// A name as Windows compares it too: up to a backslash or a stream's name, without dots and spaces at its end.
fn comparable(component: &[u8]) -> String {
    let seen = fold(component.split(|byte| matches!(byte, b'\\' | b':')).next().unwrap_or_default());
    seen.trim_end_matches([' ', '.']).to_owned()
}

/// The name as a file system compares it that knows neither case nor composition, and does not see some characters.
pub(crate) fn fold(name: &[u8]) -> String {
    // Those that HFS+ leaves out, and everything else of no width that somebody could hide a name behind.
    let unseen = |c: &char| {
        !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{00ad}' | '\u{034f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
    };
    // What is no text is compared byte by byte, but for the case of ASCII letters.
    let Ok(text) = std::str::from_utf8(name) else {
        return name.iter().map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    };
    // Full-width letters and ligatures too: too much is refused rather than too little.
    let text: String = text.chars().filter(unseen).nfkc().collect();
    text.to_lowercase().nfkc().collect()
}

/// Every component of `path`, folded.
pub(crate) fn fold_path(path: &TreePath) -> String {
    path.components().map(fold).collect::<Vec<_>>().join("/")
}

/// Whether two names are the same text, in another Unicode composition.
pub(crate) fn is_composed_otherwise(one: &[u8], other: &[u8]) -> bool {
    match (std::str::from_utf8(one), std::str::from_utf8(other)) {
        (Ok(one), Ok(other)) => one != other && one.nfc().eq(other.nfc()),
        _ => false,
    }
}

/// Whether programs run or obey what stands at `path`: agents, shells, editors, git's filters, hooks, build servers.
pub fn is_config(path: &TreePath) -> bool {
    let names: Vec<String> = path.components().map(fold).collect();
    let Some((name, directories)) = names.split_last() else { return false };
    let name = name.trim_end_matches([' ', '.']);
    directories.iter().any(|directory| DIRECTORIES.contains(&directory.trim_end_matches([' ', '.'])))
        || DIRECTORIES.contains(&name)
        || FILES.contains(&name)
        || name.starts_with(".env.")
        || name.ends_with(".code-workspace")
}

/// Whether a symbolic link at `path` that says `target` leads out of the tree, or to what is git's own. Such a link is
/// carried, since whoever has it wants it; but programs would follow it, so the user's word is asked as for the above.
pub fn leads_out(path: &TreePath, target: &[u8]) -> bool {
    if target.is_empty() || target.starts_with(b"/") || target.contains(&0) {
        return true;
    }
    let mut depth = path.components().count() - 1;
    for component in target.split(|byte| *byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." if depth == 0 => return true,
            b".." => depth -= 1,
            name if is_dot_git(name) => return true,
            _ => depth += 1,
        }
    }
    false
}

/// Whether two names in one directory are one file there. The names that are asked for differ by no more than case,
/// composition or unseen characters.
pub(crate) type IsOne<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> bool;

/// Two of `paths` that are one file by `is_one`, or one of which would stand where the other needs a directory that is
/// spelled otherwise.
pub(crate) fn one_file<'p>(
    paths: impl IntoIterator<Item = &'p TreePath>,
    is_one: IsOne<'_>,
) -> Option<(TreePath, TreePath)> {
    let mut is_one = |one: &TreePath, other: &TreePath| {
        // Where they part, a file system that tells the names apart keeps all below apart too.
        let mut parts = one.components().zip(other.components()).filter(|(one, other)| one != other);
        parts.all(|(one, other)| is_one(one, other))
    };
    let mut leaves: BTreeMap<String, Vec<&TreePath>> = BTreeMap::new();
    let mut all = Vec::new();
    for path in paths {
        let alike = leaves.entry(fold_path(path)).or_default();
        if let Some(other) = alike.iter().find(|other| **other != path && is_one(other, path)) {
            return Some(((*other).clone(), path.clone()));
        }
        alike.push(path);
        all.push(path);
    }
    for path in all {
        for parent in path.parents() {
            let alike = leaves.get(&fold_path(&parent)).into_iter().flatten();
            if let Some(leaf) = alike.into_iter().find(|leaf| ***leaf != parent && is_one(leaf, &parent)) {
                return Some(((*leaf).clone(), path.clone()));
            }
        }
    }
    None
}

/// Everything above but [`is_config`]: of each path whether something comes there. What goes is in no other's way.
pub(crate) fn check<'p>(
    paths: impl IntoIterator<Item = (&'p TreePath, bool)> + Clone,
    is_one: IsOne<'_>,
) -> Result<(), Refusal> {
    for (path, _) in paths.clone() {
        if let Some(reason) = forbidden(path) {
            return Err(Refusal::Path { path: path.clone(), reason });
        }
    }
    let coming = paths.into_iter().filter(|(_, comes)| *comes).map(|(path, _)| path);
    match one_file(coming, is_one) {
        Some((one, other)) => Err(Refusal::SameFile(one, other)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> TreePath {
        TreePath::new(text)
    }

    #[test]
    fn git_s_own_is_seen_however_it_is_spelled() {
        for text in [
            ".git",
            ".git/config",
            "a/.GIT/x",
            ".Git",
            ".git ",
            ".git.",
            ".git. .",
            "git~1",
            "GIT~1/hooks",
            "git~22",
            ".g\u{200c}it",
            ".\u{200b}git/x",
            ".git:stream",
            ".git::$INDEX_ALLOCATION/x",
            "a\\.git\\x",
            "..",
            "a/../b",
            "/etc/passwd",
            "a//b",
            "./a",
            "a/.",
            "",
            ".handover",
            ".handover/config.toml",
            ".handover/Config.toml.",
            ".handover/bundles/x",
            ".handover/.tmp-0",
            ".HANDOVER",
            ".HANDOVER/notes.md",
            ".handover./x",
            ".g\u{ff49}t",
            "a/",
            ".GI\u{feff}T",
        ] {
            assert!(forbidden(&path(text)).is_some(), "{text:?}");
        }
        for text in [
            "a",
            ".gitignore",
            "git",
            ".github/x",
            "a..b",
            "..a",
            "git~",
            "x/.handover",
            ".handover/notes.md",
            ".handover/notes/bundles",
            ".gitx",
            " a",
            "-a",
            "git~x",
        ] {
            assert_eq!(forbidden(&path(text)), None, "{text:?}");
        }
    }

    #[test]
    fn what_programs_obey_is_seen_in_any_directory_and_case() {
        for text in [
            ".claude/settings.json",
            "a/b/.codex/config.toml",
            ".MCP.json",
            "CLAUDE.md",
            "sub/AGENTS.md",
            ".envrc",
            ".vscode/tasks.json",
            ".husky/pre-commit",
            ".github/workflows/ci.yml",
            ".gitattributes",
            ".env.local",
            ".claude",
        ] {
            assert!(is_config(&path(text)), "{text}");
        }
        for text in ["src/main.rs", "claude", "environment", "docs/agents.txt", "github/x"] {
            assert!(!is_config(&path(text)), "{text}");
        }
    }

    #[test]
    fn names_that_some_file_systems_take_for_one_are_seen() {
        let one = |texts: &[&str]| {
            one_file(&texts.iter().map(|text| path(text)).collect::<Vec<_>>(), &mut |_, _| true).is_some()
        };
        assert!(
            one(&["a", "A"]) && one(&["Link", "link/x"]) && one(&["e\u{301}", "é"]) && one(&["x/A", "X/a"])
        );
        assert!(one(&["stra\u{200d}sse", "strasse"]));
        // A file system that tells them apart is asked for the names where they part.
        let apart = |texts: &[&str]| {
            let paths: Vec<_> = texts.iter().map(|text| path(text)).collect();
            one_file(&paths, &mut |one, other| (one, other) == (b"Link", b"link")).is_some()
        };
        assert!(!apart(&["a", "A"]) && !apart(&["x2", "x²"]) && apart(&["Link", "link/x"]));
        assert!(!one(&["a", "b"]) && !one(&["a", "a/b"]) && !one(&["Src/a", "src/b"]) && !one(&["a", "a"]));
    }

    #[test]
    fn links_that_lead_out_of_the_tree_are_seen() {
        for (at, target) in [
            ("a", "/etc"),
            ("a", ".."),
            ("a/b", "../../x"),
            ("a", "b/../../x"),
            ("a", ".git/config"),
            ("a", ""),
        ] {
            assert!(leads_out(&path(at), target.as_bytes()), "{at} -> {target}");
        }
        for (at, target) in
            [("a", "b"), ("a/b", "../x"), ("a/b/c", "../../x/./y"), ("a", "b//c"), ("a", "x/..")]
        {
            assert!(!leads_out(&path(at), target.as_bytes()), "{at} -> {target}");
        }
    }
}
