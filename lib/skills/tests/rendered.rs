//! What both agents read, for every place the programs can be in.

use handoff_agents::{CLAUDE_CODE, CODEX, HOSTS, Host};
use handoff_skills::{Kind, Programs, Skill, Target, render};
use std::path::Path;

/// What a session has to read at most: 1,200 tokens of 4 bytes, the context included.
const LARGEST: usize = 4_800;

const BINS: [&str; 3] = ["/home/me/.agent-handoff/bin", "/tmp/a b/it's/.agent-handoff/bin", "/p (x)/bin"];

/// Those that give a task to another agent, and the backend's name.
const DISPATCH: [(Skill, &str); 3] =
    [(Skill::HandoffDs, "deepseek"), (Skill::HandoffCodex, "codex"), (Skill::HandoffOpus, "opus")];

/// Those of them that are agents of Codex's too.
const AGENTS: [(Skill, &str); 2] = [(Skill::HandoffDs, "deepseek"), (Skill::HandoffOpus, "opus")];

fn text(skill: Skill, host: &'static Host, programs: Programs<'_>) -> Option<String> {
    let files = render(skill, Target { host, programs });
    assert!(files.len() <= 1);
    let file = files.into_iter().next().filter(|file| file.kind == Kind::Skill)?;
    assert_eq!(file.path, format!("{}/SKILL.md", skill.name()));
    Some(file.text)
}

/// Codex's agent for `skill`, as its text and as Codex parses it.
fn agent(skill: Skill, bin: &str) -> (String, toml_edit::DocumentMut) {
    let target = Target { host: &CODEX, programs: Programs::Installed(Path::new(bin)) };
    let files = render(skill, target);
    let file = &files[0];
    assert!(files.len() == 1 && file.kind == Kind::Agent && file.path == format!("{}.toml", skill.name()));
    let parsed = file.text.parse().unwrap_or_else(|error| panic!("{error}: {}", file.text));
    (file.text.clone(), parsed)
}

fn every(host: &'static Host) -> Vec<(Skill, String)> {
    let programs = BINS.iter().map(|bin| Programs::Installed(Path::new(bin)));
    programs
        .chain([Programs::Plugin])
        .flat_map(|programs| Skill::ALL.map(|skill| text(skill, host, programs).map(|text| (skill, text))))
        .flatten()
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
         dirty:    20 files\n{changed}{siblings}\
         letters:  @me, bob, host:desk, branch[:NAME], anyone, a mail address; through origin\nunread:   0 waiting here\n\
         agent-handoff 0.2.0 is available; run /upgrade-handoff\n"
    )
}

#[test]
fn a_session_reads_no_more_than_it_may() {
    for host in [&CLAUDE_CODE, &CODEX] {
        for (skill, text) in every(host) {
            match skill {
                Skill::Handoff => {
                    // Claude Code puts the text behind the frontmatter into the session, Codex the whole file.
                    let (_, body) = text.split_once("\n---\n").unwrap();
                    let read = if host == &CLAUDE_CODE { body } else { &text };
                    let size = read.len() + context().len();
                    assert!(size <= LARGEST, "{host:?}: {size} bytes");
                }
                Skill::UpgradeHandoff => assert!(text.len() <= 900, "{host:?}: {} bytes", text.len()),
                _ => assert!(text.len() <= 2_400, "{}: {} bytes", skill.name(), text.len()),
            }
        }
    }
}

#[test]
fn frontmatter_names_the_skill_and_is_short() {
    for host in [&CLAUDE_CODE, &CODEX] {
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
    for host in [&CLAUDE_CODE, &CODEX] {
        let agents = AGENTS.map(|(skill, _)| BINS.map(|bin| (skill, agent(skill, bin).0))).concat();
        for (_, text) in every(host).into_iter().chain(agents) {
            for mark in ["{{", "}}", "<!--", "-->"] {
                assert!(!text.contains(mark), "{mark} in {text}");
            }
        }
    }
}

#[test]
fn codex_reads_nothing_that_only_claude_fills_in() {
    for (_, text) in every(&CODEX) {
        for placeholder in ["CLAUDE", "$ARGUMENTS", "!`", "allowed-tools", "AskUserQuestion", "claude-code"] {
            assert!(!text.contains(placeholder), "{placeholder} in {text}");
        }
    }
}

#[test]
fn claude_reads_no_heredoc() {
    // It judges the body of one as shell: `{"a": 1}` or `\ ` in a handoff would ask for permission.
    for (_, text) in every(&CLAUDE_CODE) {
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
    for host in [&CLAUDE_CODE, &CODEX] {
        let text = text(Skill::Handoff, host, Programs::Plugin).unwrap();
        let places: Vec<_> = headings.iter().map(|heading| text.find(&format!("- `#{heading}`"))).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    }
}

#[test]
fn claude_may_run_what_it_is_told_to() {
    let programs = Programs::Installed(Path::new("/tmp/a b/it's/bin"));
    let text = text(Skill::Handoff, &CLAUDE_CODE, programs).unwrap();
    for line in [
        r"  - 'Bash(''/tmp/a b/it''\''''s/bin/handoff-write'' *)'",
        r"  - 'Bash(''/tmp/a b/it''\''''s/bin/handoff'' upgrade-check)'",
        r#"!`'/tmp/a b/it'\''s/bin/handoff-write' --context`"#,
        r"!`'/tmp/a b/it'\''s/bin/handoff' upgrade-check`",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} in {text}");
    }
    let write = r"'/tmp/a b/it'\''s/bin/handoff-write' --topic SLUG --tool claude-code";
    assert!(text.lines().any(|line| line.starts_with(write)), "{text}");
}

#[test]
fn every_host_is_told_how_a_letter_is_sent_and_only_one_to_oneself_may_go_unasked() {
    let bin = Path::new("/home/me/.agent-handoff/bin");
    let with_skills = HOSTS.iter().filter(|host| host.skills.is_some());
    let mut rendered = 0;
    for host in with_skills.clone() {
        for programs in [Programs::Installed(bin), Programs::Plugin] {
            for file in render(Skill::Handoff, Target { host, programs }) {
                let sends = "push --to WHOM` sends what you just wrote, with the uncommitted work: to `@me` at once, to others \
                             after the user's yes to both.";
                assert!(file.text.contains(sends), "{host:?}: {}", file.text);
                rendered += 1;
                // The last of two `--to` counts, so nothing may stand behind it.
                let allowed: Vec<_> = file
                    .text
                    .lines()
                    .filter(|line| line.contains("handoff\" push") || line.contains("/handoff push"))
                    .filter(|line| line.starts_with("  - "))
                    .collect();
                if *host == &CLAUDE_CODE {
                    assert!(allowed.len() == 1 && allowed[0].ends_with(" push --to @me)'"), "{allowed:?}");
                } else {
                    assert_eq!(allowed, [""; 0], "{host:?}");
                }
            }
        }
    }
    // OpenCode has it as a command too.
    assert_eq!(rendered, 2 * with_skills.count() + 1);
}

#[test]
fn tasks_are_given_away_by_three_skills_of_claude_and_two_agents_of_codex() {
    let names = |host, programs| -> Vec<String> {
        let target = Target { host, programs };
        let files = Skill::ALL.into_iter().flat_map(|skill| render(skill, target));
        files.map(|file| file.path).filter(|path| path.starts_with("handoff-")).collect()
    };
    let installed = Programs::Installed(Path::new("/p"));
    let skills = ["handoff-ds/SKILL.md", "handoff-codex/SKILL.md", "handoff-opus/SKILL.md"];
    assert_eq!(names(&CLAUDE_CODE, installed), skills);
    assert_eq!(names(&CODEX, installed), ["handoff-ds.toml", "handoff-opus.toml"]);
    for host in [&CLAUDE_CODE, &CODEX] {
        assert_eq!(names(host, Programs::Plugin), Vec::<String>::new());
    }
}

#[test]
fn claude_may_give_away_exactly_the_tasks_that_the_skill_is_for() {
    for (skill, backend) in DISPATCH {
        let bin = Path::new("/home/me/.agent-handoff/bin");
        let plain = text(skill, &CLAUDE_CODE, Programs::Installed(bin)).unwrap();
        let (frontmatter, body) = plain.split_once("---\nTask: $ARGUMENTS\n").unwrap();
        let (_, allowed) = frontmatter.split_once("allowed-tools:\n").unwrap();
        let handoff = "/home/me/.agent-handoff/bin/handoff";
        assert_eq!(
            allowed.lines().collect::<Vec<_>>(),
            [
                format!("  - Bash({handoff} new --backend {backend} *)"),
                format!("  - Bash({handoff} run --backend {backend} *)"),
                format!("  - Bash({handoff} resume *)"),
                format!("  - Bash({handoff} tail *)"),
                format!("  - Bash({handoff} stop *)"),
                "  - Edit(~/.handoff/tasks/**)".to_owned(),
            ]
        );
        // And every command in the text is one of these.
        let commands: Vec<&str> = body.split(&format!("`{handoff} ")).skip(1).collect();
        assert_eq!(commands.len(), 5);
        let starts = [
            &format!("new --backend {backend} "),
            &format!("run --backend {backend} "),
            "resume RUN_ID ",
            "tail RUN_ID",
            "stop RUN_ID",
        ];
        for command in commands {
            assert!(starts.iter().any(|start| command.starts_with(start)), "{command}");
        }
        let quoted = text(skill, &CLAUDE_CODE, Programs::Installed(Path::new("/tmp/a b/it's/bin"))).unwrap();
        let rule = format!(r"  - 'Bash(''/tmp/a b/it''\''''s/bin/handoff'' run --backend {backend} *)'");
        assert!(quoted.lines().any(|line| line == rule), "{rule} in {quoted}");
        let run = format!(r"`'/tmp/a b/it'\''s/bin/handoff' run --backend {backend} --quiet --print PATH`");
        assert!(quoted.contains(&run), "{run} in {quoted}");
    }
}

#[test]
fn the_agents_of_codex_are_toml_with_the_command_as_a_shell_takes_it() {
    for (bin, handoff) in [
        ("/home/me/.agent-handoff/bin", "/home/me/.agent-handoff/bin/handoff"),
        ("/tmp/a b/it's", r"'/tmp/a b/it'\''s/handoff'"),
        (r#"/a "b" \n"""/'''"#, r#"'/a "b" \n"""/'\'''\'''\''/handoff'"#),
        ("/a\u{1b}\u{7f}", "'/a\u{1b}\u{7f}/handoff'"),
    ] {
        for (skill, backend) in AGENTS {
            let (text, parsed) = agent(skill, bin);
            let keys: Vec<_> = parsed.iter().map(|(key, _)| key).collect();
            assert_eq!(keys, ["name", "description", "developer_instructions"]);
            assert_eq!(parsed["name"].as_str(), Some(skill.name()));
            assert!(parsed["description"].as_str().unwrap().len() <= 300);
            let told = parsed["developer_instructions"].as_str().unwrap();
            assert!(told.contains(&format!("`{handoff} run --backend {backend} PATH`")), "{told}");
            assert!(
                told.contains(&format!("      {handoff} run --backend {backend} --slug WORDS - <<")),
                "{told}"
            );
            assert!(text.len() <= 2_400, "{} bytes", text.len());
        }
    }
}
