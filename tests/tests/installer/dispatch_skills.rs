//! The skills that give tasks away, and Codex's agent: also where handoff-cli placed its own.

use std::path::{Path, PathBuf};

use crate::support::{Machine, apart_from_store};

const AGENT: &str = ".codex/agents/handoff-ds.toml";
const SKILLS: [&str; 3] = ["handoff-ds", "handoff-codex", "handoff-opus"];

/// What handoff-cli's agent has, as far as it is known by it.
const CLI_AGENT: &str = "name = \"handoff-ds\"\ndeveloper_instructions = \"\"\"\n```bash\nhandoff run --backend deepseek <PROMPT_FILE> >/dev/null\n```\n\"\"\"\n";

fn skill(name: &str) -> String {
    format!(".claude/skills/{name}/SKILL.md")
}

/// What `handoff init` of handoff-cli leaves: links into its package, and a hard link.
fn cli(machine: &Machine) -> PathBuf {
    let package = machine.path("venv/lib/python3.11/site-packages/cli/skills");
    for name in SKILLS {
        let target = machine.file(package.join(name).join("SKILL.md"), "of handoff-cli\n");
        machine.link(skill(name), target);
    }
    let agent = machine.file(package.join("handoff-ds.toml"), CLI_AGENT);
    std::fs::create_dir_all(machine.path(AGENT).parent().unwrap()).unwrap();
    std::fs::hard_link(agent, machine.path(AGENT)).unwrap();
    package
}

#[track_caller]
fn are_ours(machine: &Machine) {
    let handoff = machine.program("handoff").display().to_string();
    for path in SKILLS.map(skill).into_iter().chain([AGENT.to_owned()]) {
        assert!(!machine.path(&path).is_symlink(), "{path}");
        assert!(machine.text(&path).contains(&handoff), "{path}");
    }
    let doctor = machine.run(&["doctor", "--quick"]);
    assert_eq!(doctor.code, 0, "{}", doctor.out());
    assert!(!doctor.out().contains("SKILL.md") && !doctor.out().contains(".toml"), "{}", doctor.out());
}

#[test]
fn what_handoff_cli_placed_gives_way_and_its_package_is_as_it_was() {
    let machine = Machine::small();
    let package = cli(&machine);
    let before = machine.tree().only(&["venv"]);
    let said = machine.install();
    assert!(!said.contains("stays"), "{said}");
    for path in SKILLS.map(skill).into_iter().chain([AGENT.to_owned()]) {
        let note =
            format!("note: ~/{path} was handoff-cli's and is ours now; `handoff uninstall` puts it back\n");
        assert!(said.contains(&note), "{note}: {said}");
    }
    are_ours(&machine);
    before.is(&machine.tree().only(&["venv"]));
    let wired = machine.tree();
    machine.install();
    wired.is(&machine.tree());
    machine.uninstall();
    before.is(&machine.tree().only(&["venv"]));
    for name in SKILLS {
        let link = std::fs::read_link(machine.path(skill(name))).unwrap();
        assert_eq!(link, package.join(name).join("SKILL.md"));
    }
    assert_eq!(machine.text(AGENT), CLI_AGENT);
    assert!(!apart_from_store(&machine).names().iter().any(|name| name.contains("agent-handoff")));
    assert_eq!(std::fs::read_to_string(package.join("handoff-ds.toml")).unwrap(), CLI_AGENT);
}

#[test]
fn links_into_a_package_that_is_gone_and_links_of_directories_give_way() {
    let machine = Machine::small();
    let gone = Path::new("/gone/site-packages/cli/skills");
    machine.link(skill("handoff-ds"), gone.join("handoff-ds/SKILL.md"));
    machine.link(".claude/skills/handoff-codex", gone.join("handoff-codex"));
    machine.link(AGENT, gone.join("handoff-ds.toml"));
    machine.install();
    are_ours(&machine);
    machine.uninstall();
    assert_eq!(apart_from_store(&machine).names(), [".claude", ".claude/skills", ".codex", ".codex/agents"]);
}

#[test]
fn what_the_user_changed_since_stays_and_a_linked_directory_comes_back() {
    let machine = Machine::small();
    let package = machine.path("venv/cli/skills");
    machine.file(package.join("handoff-codex/SKILL.md"), "of handoff-cli\n");
    machine.link(".claude/skills/handoff-codex", package.join("handoff-codex"));
    machine.file(package.join("handoff-ds/SKILL.md"), "of handoff-cli\n");
    machine.link(skill("handoff-ds"), package.join("handoff-ds/SKILL.md"));
    machine.install();
    are_ours(&machine);
    machine.install();
    machine.file(skill("handoff-ds"), "mine\n");
    machine.done(&["uninstall", "--only", "claude"]);
    assert_eq!(machine.text(skill("handoff-codex")), "of handoff-cli\n");
    assert_eq!(machine.text(skill("handoff-ds")), "mine\n");
    assert!(!machine.path(skill("handoff-ds")).is_symlink());
    assert_eq!(machine.text(package.join("handoff-ds/SKILL.md")), "of handoff-cli\n");
}

#[test]
fn the_doctor_names_what_handoff_cli_put_in_the_place_of_ours() {
    let machine = Machine::small();
    machine.install();
    for path in SKILLS.map(skill).iter().map(String::as_str).chain([AGENT]) {
        std::fs::remove_file(machine.path(path)).unwrap();
    }
    cli(&machine);
    let doctor = machine.run(&["doctor", "--quick"]);
    assert_eq!(doctor.code, 1);
    for name in SKILLS {
        let problem = format!("problem  Claude Code: ~/{} is of handoff-cli\n", skill(name));
        assert!(doctor.out().contains(&problem), "{problem}: {}", doctor.out());
    }
    let problem =
        format!("problem  Codex: ~/{AGENT} is of handoff-cli and finds no result in what ours prints\n");
    assert!(doctor.out().contains(&problem), "{problem}: {}", doctor.out());
    machine.install();
    for name in SKILLS {
        assert!(!machine.path(skill(name)).is_symlink());
    }
}

#[test]
fn another_agent_of_that_name_stays_and_that_is_said() {
    let others = "name = \"handoff-ds\"\ndescription = \"Mine.\"\n";
    for hard_link in [false, true] {
        let machine = Machine::small();
        let path = machine.file(AGENT, others);
        if hard_link {
            std::fs::hard_link(&path, machine.path("mine.toml")).unwrap();
        }
        let said = machine.install();
        let note = format!(
            "note: ~/{AGENT} is another agent, so it stays; remove it and install again to get ours\n"
        );
        assert!(said.contains(&note), "{said}");
        assert_eq!(machine.text(AGENT), others);
        let doctor = machine.run(&["doctor", "--quick"]);
        assert_eq!(doctor.code, 0, "{}", doctor.out());
        let note = format!("note     Codex: the agent ~/{AGENT} is not ours\n");
        assert!(doctor.out().contains(&note), "{}", doctor.out());
        machine.uninstall();
        assert_eq!(machine.text(AGENT), others);
    }
}

#[test]
fn each_agent_of_handoff_cli_gives_way_whether_it_is_a_link_or_was_left_by_an_upgrade_of_its_package() {
    let machine = Machine::small();
    let package = machine.path("venv/lib/python3.11/site-packages/cli/skills");
    let agents = machine.path(".codex/agents");
    std::fs::create_dir_all(&agents).unwrap();
    let mut texts = Vec::new();
    for (name, backend) in [("ds", "deepseek"), ("opus", "opus"), ("gemini", "gemini"), ("mine", "my-own_1")]
    {
        // As 4.0 indents it.
        let text = format!(
            "name = \"handoff-{name}\"\ndeveloper_instructions = \"\"\"\n普通任务：\n\n    handoff run --backend {backend} \
             <PROMPT_FILE> >/dev/null\n\"\"\"\n"
        );
        let path = agents.join(format!("handoff-{name}.toml"));
        if name == "opus" {
            machine.file(&path, &text);
        } else {
            let file = machine.file(package.join(format!("handoff-{name}.toml")), &text);
            std::fs::hard_link(file, &path).unwrap();
        }
        texts.push((path, backend, text));
    }
    let link = agents.join("handoff-linked.toml");
    machine.link(&link, "/gone/site-packages/cli/skills/handoff-linked.toml");
    let others = machine.file(agents.join("handoff-review.toml"), "name = \"handoff-review\"\n");
    let doctor = |code: i32| {
        let ran = machine.run(&["doctor", "--quick"]);
        assert_eq!(ran.code, code, "{}", ran.out());
        ran.out().to_owned()
    };
    machine.install();
    let wired = machine.tree();
    assert!(!machine.install().contains("stays"));
    wired.is(&machine.tree());
    let handoff = machine.program("handoff").display().to_string();
    for (path, backend, _) in &texts {
        let text = machine.text(path);
        assert!(text.contains(&format!("`{handoff} run --backend {backend} PATH`")), "{text}");
        assert!(!text.contains(">/dev/null"), "{text}");
    }
    assert!(machine.text(&link).contains("run --backend linked PATH"));
    assert!(machine.text(agents.join("handoff-gemini.toml")).contains("Hands a whole task to Gemini,"));
    assert!(!doctor(0).contains(".toml"));
    // Another installation of handoff-cli puts one back.
    std::fs::remove_file(&texts[2].0).unwrap();
    machine.file(&texts[2].0, &texts[2].2);
    assert!(doctor(1).contains("handoff-gemini.toml is of handoff-cli and finds no result"));
    machine.install();
    doctor(0);
    machine.uninstall();
    for (path, _, text) in &texts {
        assert_eq!(&machine.text(path), text);
    }
    assert_eq!(machine.text(&others), "name = \"handoff-review\"\n");
    // Its package is gone, so it led nowhere.
    assert!(!link.is_symlink());
    for entry in std::fs::read_dir(package).unwrap() {
        assert!(std::fs::read_to_string(entry.unwrap().path()).unwrap().contains(">/dev/null"));
    }
}

#[test]
fn what_the_user_changed_stays_and_what_is_missing_comes_back() {
    let machine = Machine::small();
    machine.install();
    for (path, what) in [(skill("handoff-ds"), "skill"), (AGENT.to_owned(), "agent")] {
        let ours = machine.text(&path);
        std::fs::remove_file(machine.path(&path)).unwrap();
        let doctor = machine.run(&["doctor", "--quick"]);
        assert_eq!(doctor.code, 1);
        assert!(doctor.out().contains(&format!(": the {what} ~/{path} is missing\n")), "{}", doctor.out());
        machine.install();
        assert_eq!(machine.text(&path), ours);
        let mine = ours + "# Mine.\n";
        machine.file(&path, &mine);
        let said = machine.install();
        let note = format!("note: ~/{path} was changed after it was installed, so it stays as it is");
        assert!(said.contains(&note), "{said}");
        assert_eq!(machine.text(&path), mine);
    }
    machine.uninstall();
    assert_eq!(
        apart_from_store(&machine).names(),
        [
            ".claude",
            ".claude/skills",
            ".claude/skills/handoff-ds",
            ".claude/skills/handoff-ds/SKILL.md",
            ".codex",
            ".codex/agents",
            AGENT
        ]
    );
}

#[test]
fn with_one_agent_only_its_own_are_placed_and_taken_away() {
    let machine = Machine::small();
    machine.done(&["install", "--only", "codex"]);
    assert!(machine.path(AGENT).is_file() && !machine.path(".claude/skills").exists());
    machine.done(&["install", "--only", "claude"]);
    machine.done(&["uninstall", "--only", "codex"]);
    assert!(!machine.path(".codex/agents").exists());
    assert!(SKILLS.map(skill).iter().all(|path| machine.path(path).is_file()));
}

#[test]
fn what_gave_way_comes_back_as_it_was_in_kind_target_and_mode() {
    let machine = Machine::small();
    let package = "venv/lib/python3.11/site-packages/cli/skills";
    for name in SKILLS {
        machine.file(format!("{package}/{name}/SKILL.md"), "of handoff-cli\n");
    }
    machine.file(format!("{package}/handoff-ds.toml"), CLI_AGENT);
    machine.link(AGENT, format!("../../{package}/handoff-ds.toml"));
    for (name, mode) in [("own", 0o640), ("read", 0o444), ("all", 0o664)] {
        let path = machine.file(format!(".codex/agents/handoff-{name}.toml"), CLI_AGENT);
        crate::support::mode(&path, mode);
    }
    // Of a directory, relative and absolute, and of a file in one.
    machine.link(".claude/skills/handoff-ds", format!("../../{package}/handoff-ds"));
    machine.link(".claude/skills/handoff-codex", machine.path(package).join("handoff-codex"));
    machine.link(skill("handoff-opus"), format!("../../../{package}/handoff-opus/SKILL.md"));
    let before = apart_from_store(&machine);
    machine.install();
    are_ours(&machine);
    let wired = machine.tree();
    machine.install();
    wired.is(&machine.tree());
    machine.uninstall();
    before.is(&apart_from_store(&machine));
    // What is in the directory by now stays, and nothing takes its place.
    machine.install();
    machine.file(".claude/skills/handoff-ds/notes.md", "mine");
    machine.uninstall();
    assert_eq!(machine.text(".claude/skills/handoff-ds/notes.md"), "mine");
    assert!(machine.path(".claude/skills/handoff-codex").is_symlink());
}
