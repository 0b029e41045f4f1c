//! Files that cannot be changed: each is named, with what to put in by hand, and the rest is wired.

use std::os::unix::fs::PermissionsExt;

use handoff_adapters::{AdapterError, Plan, Problem, Scope, State};

use crate::support::World;

/// What is left of what was to be wired, in words.
#[track_caller]
fn left(plan: &Plan) -> Vec<String> {
    assert!(plan.left().iter().all(|left| !left.by_hand.is_empty()), "{:?}", plan.left());
    plan.left().iter().map(|left| left.problem.to_string()).collect()
}

#[test]
fn every_broken_file_is_named_with_its_line_and_the_rest_is_wired() {
    let world = World::new();
    world.write(&world.project(".claude/settings.local.json"), "{\n  \"hooks\": [],\n}");
    world.write(&world.project(".codex/hooks.json"), "\u{feff}{}");
    world.write(&world.project("AGENTS.md"), "a\nb\n<!-- END handover -->\n");
    world.write(&world.project("GEMINI.md"), b"ab\xff\n");
    let before = world.tree();
    let plan = world.plan_enable(&[], Scope::Project).unwrap();
    let text = left(&plan).join("\n");
    let named: Vec<(String, usize, usize)> = plan
        .left()
        .iter()
        .map(|left| match &left.problem {
            Problem::Malformed { path, error } => {
                (path.file_name().unwrap().to_str().unwrap().to_owned(), error.line, error.column)
            }
            other => panic!("{other}"),
        })
        .collect();
    let named: Vec<_> = named.iter().map(|(name, line, column)| (name.as_str(), *line, *column)).collect();
    for wanted in
        [("AGENTS.md", 3, 1), ("GEMINI.md", 1, 3), ("settings.local.json", 2, 14), ("hooks.json", 1, 1)]
    {
        assert!(named.contains(&wanted), "{wanted:?} in {named:?}");
    }
    assert!(text.contains("line 3, column 1") && text.lines().count() == named.len(), "{text}");
    assert_eq!(world.tree(), before);
    let states: Vec<State> = world.status("claude").surfaces.into_iter().map(|one| one.state).collect();
    assert!(matches!(states[1], State::Malformed(_)), "{states:?}");
    plan.carry_out().unwrap();
    assert!(world.read(".cursor/rules/handover.mdc").contains("handover pickup"));
    assert_eq!(world.read("AGENTS.md"), "a\nb\n<!-- END handover -->\n");
    assert!(world.plan_enable(&[], Scope::Project).unwrap().edits().is_empty());
    for (name, text) in [
        ("AGENTS.md", "a\n"),
        ("GEMINI.md", ""),
        (".codex/hooks.json", ""),
        (".claude/settings.local.json", ""),
    ] {
        world.write(&world.project(name), text);
    }
    world.enable(&[], Scope::Project);
    world.disable(&[], Scope::Project);
    // An empty file is given back empty.
    assert_eq!((world.read(".codex/hooks.json"), world.read("AGENTS.md")), (String::new(), "a\n".to_owned()));
}

#[test]
fn a_hook_of_the_wrong_shape_is_named() {
    for (text, line) in [
        ("{\n\"hooks\": []}", 2),
        ("{\"hooks\": {\n\n\"Stop\": {}}}", 3),
        ("{\"hooks\": {\"Stop\": [\n1]}}", 2),
        ("{\"a\": 1 /* c */}", 1),
        ("{\"hooks\": {}, \"hooks\": {}}", 1),
    ] {
        let world = World::new();
        world.write(&world.home(".codex/hooks.json"), text);
        let plan = world.plan_enable(&["codex"], Scope::User).unwrap();
        let found: Vec<_> = plan.left().iter().map(|left| &left.problem).collect();
        assert!(
            matches!(&found[..], [Problem::Malformed { error, .. }] if error.line == line),
            "{text}: {found:?}"
        );
    }
}

#[test]
fn what_may_not_be_written_is_named_before_anything_is() {
    let world = World::new();
    let path = world.project("AGENTS.md");
    world.write(&path, "mine\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
    let before = world.tree();
    let found = left(&world.plan_enable(&["cursor", "codex"], Scope::Project).unwrap());
    let text = &found[0];
    assert!(text.contains("AGENTS.md") && text.contains("permission denied"), "{text}");
    assert_eq!(found.len(), 1);
    assert_eq!(world.tree(), before);
}

#[test]
fn what_stands_where_a_directory_goes_is_named() {
    let world = World::new();
    world.write(&world.project(".cursor"), "a file");
    world.write(&world.project(".codex/hooks.json/x"), "");
    let texts = left(&world.plan_enable(&["cursor", "codex"], Scope::Project).unwrap());
    assert!(texts.iter().any(|text| text.ends_with(".cursor: it is no directory")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains(".codex/hooks.json")), "{texts:?}");
}

#[test]
fn what_is_in_the_way_of_several_files_is_named_once() {
    let world = World::new();
    world.write(&world.project(".claude"), "no directory");
    let found = left(&world.plan_enable(&["claude"], Scope::Project).unwrap());
    let [error] = found.as_slice() else { panic!("{found:?}") };
    assert!(error.ends_with(".claude: it is no directory"), "{error}");
}

#[test]
fn a_mode_stays() {
    let world = World::new();
    let path = world.project("AGENTS.md");
    world.write(&path, "mine\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    world.enable(&["codex"], Scope::Project);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o640);
    // A new one in the project is as any program of this user makes it, one in HOME nobody else's.
    let (any, any_dir) = (world.project("any"), world.project("any-dir"));
    std::fs::write(&any, "").unwrap();
    std::fs::create_dir(&any_dir).unwrap();
    assert_eq!(mode(&world.project(".codex/hooks.json")), mode(&any));
    assert_eq!(mode(&world.project(".codex")), mode(&any_dir));
    world.enable(&["codex"], Scope::User);
    assert_eq!(mode(&world.home(".codex/hooks.json")), 0o600);
    assert_eq!(mode(&world.home(".codex")), 0o700);
    assert_eq!(mode(&world.record(Scope::Project)), 0o600);
}

#[test]
fn what_another_program_changes_after_the_plan_stays_and_the_rest_is_wired() {
    let world = World::new();
    world.write(&world.project("AGENTS.md"), "mine\n");
    let before = world.tree();
    let plan = world.plan_enable(&["claude", "cursor", "codex"], Scope::Project).unwrap();
    world.write(&world.project("AGENTS.md"), "changed\n");
    let done = plan.carry_out().unwrap();
    let [left] = done.left.as_slice() else { panic!("{:?}", done.left) };
    assert!(left.problem.to_string().contains("another program changed it meanwhile"), "{}", left.problem);
    assert_eq!(left.problem.path(), world.project("AGENTS.md"));
    assert!(!left.by_hand.is_empty() && !done.edits.is_empty());
    assert_eq!(world.read("AGENTS.md"), "changed\n");
    assert!(world.project(".codex/hooks.json").is_file() && world.project(".cursor").is_dir());
    world.write(&world.project("AGENTS.md"), "mine\n");
    world.enable(&["claude", "cursor", "codex"], Scope::Project);
    world.disable(&[], Scope::Project);
    assert_eq!(world.tree(), before);
    assert!(world.manifest(Scope::Project).is_empty());
}

#[test]
fn what_cannot_be_written_is_left_and_nothing_is_recorded_of_it() {
    let world = World::new();
    world.write(&world.project("AGENTS.md"), "mine\n");
    let plan = world.plan_enable(&["claude", "cursor", "codex"], Scope::Project).unwrap();
    // Where a directory was to be made after the plan was.
    world.write(&world.project(".codex"), "a file");
    let before = world.tree();
    let done = plan.carry_out().unwrap();
    let [left] = done.left.as_slice() else { panic!("{:?}", done.left) };
    assert_eq!(left.problem.path(), world.project(".codex"));
    assert!(left.by_hand.contains("on-event"), "{}", left.by_hand);
    assert!(world.project(".claude/settings.local.json").is_file());
    assert!(world.manifest(Scope::Project).files().all(|file| !file.starts_with(".codex")));
    world.disable(&[], Scope::Project);
    assert_eq!(world.tree(), before);
    assert!(world.manifest(Scope::Project).is_empty());
}

#[test]
fn of_two_at_once_one_is_told_to_wait() {
    let world = World::new();
    let plans =
        [world.plan_enable(&["codex"], Scope::Project), world.plan_enable(&["cursor"], Scope::Project)];
    let [first, second] = plans.map(Result::unwrap);
    first.carry_out().unwrap();
    assert!(
        matches!(second.carry_out(), Err(AdapterError::File(error)) if error.kind() == std::io::ErrorKind::ResourceBusy)
    );
    world.enable(&["cursor"], Scope::Project);
    world.disable(&[], Scope::Project);
}

#[test]
fn a_broken_file_without_anything_of_ours_does_not_hold_up_disabling() {
    let world = World::new();
    world.enable(&["claude"], Scope::Project);
    world.write(&world.project(".codex/hooks.json"), "broken");
    world.disable(&[], Scope::Project);
    assert!(!world.project(".claude").exists());
    assert_eq!(world.read(".codex/hooks.json"), "broken");
    // What cannot be taken out of one is named, the rest is undone, and the record of it stays until it can.
    world.enable(&["claude", "cursor"], Scope::Project);
    let wired = world.read(".claude/settings.local.json");
    world.write(&world.project(".claude/settings.local.json"), wired.clone() + "}");
    let plan = world.plan_disable(&[], Scope::Project).unwrap();
    let [left] = plan.left().as_slice() else { panic!("{:?}", plan.left()) };
    assert!(matches!(&left.problem, Problem::Malformed { error, .. } if error.line > 10), "{left:?}");
    assert!(left.by_hand.contains("on-event") && left.by_hand.contains("StopFailure"), "{}", left.by_hand);
    plan.carry_out().unwrap();
    assert!(!world.project(".cursor").exists() && !world.project(".claude/rules").exists());
    assert_eq!(world.read(".claude/settings.local.json"), wired.clone() + "}");
    world.write(&world.project(".claude/settings.local.json"), wired);
    world.disable(&[], Scope::Project);
    assert!(!world.project(".claude").exists() && world.manifest(Scope::Project).is_empty());
}

#[test]
fn a_program_that_no_settings_can_name_is_refused() {
    for program in ["relative/handover", "/a\nb/handover"] {
        let world = World::called("project", program);
        assert!(
            matches!(world.plan_enable(&["codex"], Scope::Project), Err(AdapterError::NoPlace(_))),
            "{program}"
        );
    }
    let mut world = World::new();
    world.here.directories.clear();
    assert!(matches!(world.plan_enable(&["claude"], Scope::User), Err(AdapterError::NoPlace(_))));
    assert!(world.plan_enable(&["claude"], Scope::Project).is_ok());
}
