//! What both agents read, for every place the programs can be in.

use handoff_skills::{Host, Programs, Skill, Target, render};
use std::path::Path;

/// What a session has to read at most: 1,200 tokens of 4 bytes, the context included.
const LARGEST: usize = 4_800;

const BINS: [&str; 3] = ["/home/me/.agent-handoff/bin", "/tmp/a b/it's/.agent-handoff/bin", "/p (x)/bin"];

fn text(skill: Skill, host: Host, programs: Programs<'_>) -> String {
    let files = render(skill, Target { host, programs });
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].path, format!("{}/SKILL.md", skill.name()));
    files[0].text.clone()
}

fn every(host: Host) -> Vec<(Skill, String)> {
    let programs = BINS.iter().map(|bin| Programs::Installed(Path::new(bin)));
    programs
        .chain([Programs::Plugin])
        .flat_map(|programs| Skill::ALL.map(|skill| (skill, text(skill, host, programs))))
        .collect()
}

/// What `handoff-write --context` prints where much has changed, as injected.
fn context() -> String {
    let changed: String = (10..30).map(|n| format!("  M crates/import/src/module_{n}/rows.rs\n")).collect();
    let siblings: String = ["review", "worker2", "dev-preview"]
        .map(|name| format!("sibling:  /home/me/src/importer-{name} (importer-{name}), on feature/{name}\n"))
        .concat();
    format!(
        "worktree: /home/me/src/importer (importer)\nbranch:   feature/csv-newlines\nhead:     d4c42e4\n\
         dirty:    20 files\n{changed}{siblings}unread:   0 waiting here\n\
         agent-handoff 0.2.0 is available; run /upgrade-handoff\n"
    )
}

#[test]
fn a_session_reads_no_more_than_it_may() {
    for host in [Host::Claude, Host::Codex] {
        for (skill, text) in every(host) {
            match skill {
                Skill::Handoff => {
                    let size = text.len() + context().len();
                    assert!(size <= LARGEST, "{host:?}: {size} bytes");
                }
                Skill::UpgradeHandoff => assert!(text.len() <= 900, "{host:?}: {} bytes", text.len()),
            }
        }
    }
}

#[test]
fn frontmatter_names_the_skill_and_is_short() {
    for host in [Host::Claude, Host::Codex] {
        for (skill, text) in every(host) {
            let (frontmatter, _) = text.strip_prefix("---\n").unwrap().split_once("\n---\n").unwrap();
            assert!(frontmatter.starts_with(&format!("name: {}\n", skill.name())), "{frontmatter}");
            let description =
                frontmatter.lines().find_map(|line| line.strip_prefix("description: ")).unwrap();
            assert!(description.len() <= 150 && !description.contains(": "), "{description}");
        }
    }
}

#[test]
fn no_mark_of_the_source_is_left() {
    for host in [Host::Claude, Host::Codex] {
        for (_, text) in every(host) {
            for mark in ["{{", "}}", "<!--", "-->"] {
                assert!(!text.contains(mark), "{mark} in {text}");
            }
        }
    }
}

#[test]
fn codex_reads_nothing_that_only_claude_fills_in() {
    for (_, text) in every(Host::Codex) {
        for placeholder in ["CLAUDE", "$ARGUMENTS", "!`", "allowed-tools", "AskUserQuestion", "claude-code"] {
            assert!(!text.contains(placeholder), "{placeholder} in {text}");
        }
    }
}

#[test]
fn claude_reads_no_heredoc() {
    // It judges the body of one as shell: `{"a": 1}` or `\ ` in a handoff would ask for permission.
    for (_, text) in every(Host::Claude) {
        assert!(!text.contains("<<"), "{text}");
    }
}

#[test]
fn every_section_of_the_format_is_in_the_skill() {
    let format = include_str!("../../../spec/file-format.md");
    let headings: Vec<&str> = format
        .lines()
        .filter_map(|line| line.strip_prefix("| `#")?.split_once("` |"))
        .map(|(heading, _)| heading)
        .collect();
    assert_eq!(headings.len(), 11);
    for host in [Host::Claude, Host::Codex] {
        let text = text(Skill::Handoff, host, Programs::Plugin);
        let places: Vec<_> = headings.iter().map(|heading| text.find(&format!("- `#{heading}`"))).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    }
}

#[test]
fn claude_may_run_what_it_is_told_to() {
    let text = text(Skill::Handoff, Host::Claude, Programs::Installed(Path::new("/tmp/a b/it's/bin")));
    for line in [
        r"  - 'Bash(''/tmp/a b/it''\''''s/bin/handoff-write'' *)'",
        r"  - 'Bash(''/tmp/a b/it''\''''s/bin/installer'' upgrade-check)'",
        r"!`'/tmp/a b/it'\''s/bin/handoff-write' --context`",
        r"!`'/tmp/a b/it'\''s/bin/installer' upgrade-check`",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} in {text}");
    }
    let write = r"'/tmp/a b/it'\''s/bin/handoff-write' --topic SLUG --tool claude-code";
    assert!(text.lines().any(|line| line.starts_with(write)), "{text}");
}
