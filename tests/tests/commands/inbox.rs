//! `inbox`: every verb, what it prints and what it leaves behind.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;
use tests::{BODY, World, feed};

use crate::support::{clean, field, is, json, published};

/// A handoff as another program leaves it, with a title, a branch and a body.
fn planted(world: &World, dir: &Path, hour: u8, topic: &str, name: &str) {
    let front = format!("name: {name}\nfrom: other\ncreated: 2020-01-01T{hour:02}:00:00Z\nbranch: main");
    let file = format!("20200101T{hour:02}0000Z-from-other-{topic}.md");
    world.plant(dir, file, format!("---\n{front}\n---\n\n## Immediate next action\nDo {topic}.\n"));
}

#[test]
fn an_empty_inbox_says_so() {
    let world = World::new();
    let app = world.dir("app");
    let run = |args: &[&str]| world.run("inbox", &app, args, "");
    run(&[]).is(0, "nothing unread for app\n", "");
    run(&["list", "--json"]).is(0, "[]\n", "");
    run(&["read"]).is(0, "nothing unread for app\n", "");
    run(&["read", "--json"]).is(0, "{\"text\":null}\n", "");
    run(&["log"]).is(0, "nothing archived\n", "");
    run(&["worktrees"]).is(0, "no inbox yet\n", "");
    run(&["prune", "--older-than", "1d"]).is(0, "deleted 0 archived\n", "");
}

#[test]
fn a_handoff_that_a_later_git_init_cut_off_is_named_with_the_move_that_brings_it_back() {
    let world = World::new();
    let (top, part) = (world.dir("top"), world.dir("top/it's a part"));
    world.write(&part, &[], BODY);
    let list = || world.run("inbox", &part, &[], "");
    assert!(list().err().is_empty() && list().out().contains("Auth refactor"), "{}", list().out());
    world.git(&top, &["init", "--quiet"]);
    let ran = list();
    assert_eq!((ran.code, ran.out()), (0, "nothing unread for top\n"));
    let (from, to) = (part.to_str().unwrap(), top.to_str().unwrap());
    let quoted = from.replace('\'', "'\\''");
    let line = format!(
        "1 unread for {from}, which is a part of this worktree by now: handoff inbox move '{quoted}' {to}\n"
    );
    assert!(ran.err().ends_with(&line), "{}{line}", ran.err());
    world.run("inbox", &part, &["read"], "").is(0, "nothing unread for top\n", ran.err());
    world.run("inbox", &part, &["move", from, to], "").is(
        0,
        &format!("moved 1 unread and 0 archived to {to}\n"),
        "",
    );
    let ran = list();
    assert!(ran.err().is_empty() && ran.out().contains("Auth refactor"), "{}{}", ran.out(), ran.err());
}

#[test]
fn list_and_read_name_the_handoffs_of_a_worktree_that_was_moved_until_it_has_some_of_its_own() {
    let world = World::new();
    let (old, new, other) = (world.repo("app"), world.root().join("moved"), world.repo("other"));
    // Its history is another one than that of the other repository.
    std::fs::write(old.join("new"), "").unwrap();
    world.commit(&old, "second");
    world.write(&old, &[], BODY);
    std::fs::rename(&old, &new).unwrap();
    let line = format!(
        "agent-handoff: 1 unread for {old}, which is gone; if it was moved here: handoff inbox move {old} {new}\n",
        old = old.display(),
        new = new.display()
    );
    for args in [&[][..], &["read"]] {
        world.run("inbox", &new, args, "").is(0, "nothing unread for moved\n", &line);
        world.run("inbox", &other, args, "").is(0, "nothing unread for other\n", "");
    }
    world.write(&new, &[], "## Immediate next action\nGo.\n");
    let ran = world.run("inbox", &new, &["read"], "");
    assert_eq!((ran.code, ran.err()), (0, ""));
}

#[test]
fn the_list_shows_how_far_head_and_branch_have_moved() {
    let world = World::new();
    let app = world.repo("app");
    world.write(&app, &[], BODY);
    let list = || world.run("inbox", &app, &[], "");
    let header = "#  AGE       FROM  NAME           BRANCH  DRIFT\n";
    list().is(0, &format!("{header}1  just now  app   Auth refactor  main\n"), "");
    world.git(&app, &["checkout", "--quiet", "-b", "side"]);
    std::fs::write(app.join("new"), "").unwrap();
    world.commit(&app, "second");
    list().is(0, &format!("{header}1  just now  app   Auth refactor  main    ↑1\n"), "");
    let rows = json(&world.run("inbox", &app, &["--json"], ""));
    assert_eq!(
        rows[0]["drift"],
        json!({ "relation": "ahead", "ahead": 1, "behind": 0, "other_branch": true })
    );
}

#[test]
fn a_table_is_never_wider_than_its_columns_and_has_no_colour_in_a_pipe() {
    let world = World::new();
    let app = world.dir("app");
    planted(&world, &app, 1, "wide", &"漢字".repeat(60));
    planted(&world, &app, 2, "long", &"word ".repeat(30));
    for width in [40, 100] {
        let mut command = world.command("inbox", &app);
        command.env("COLUMNS", width.to_string());
        let ran = feed(command, b"");
        assert_eq!((ran.code, ran.err(), ran.out().lines().count()), (0, "", 3));
        for line in ran.out().lines() {
            let wide = line.chars().map(|c| if ('\u{2e80}'..'\u{a000}').contains(&c) { 2 } else { 1 });
            assert!(wide.sum::<usize>() <= width && !line.contains('\u{1b}'), "{width}: {line}");
        }
        assert!(ran.out().lines().skip(1).all(|row| row.contains('…')), "{}", ran.out());
    }
}

#[test]
fn an_id_is_a_number_or_a_part_of_a_name_that_only_one_has() {
    let world = World::new();
    let app = world.dir("app");
    planted(&world, &app, 1, "auth", "One");
    planted(&world, &app, 2, "build", "Two");
    let run = |args: &[&str]| world.run("inbox", &app, args, "");
    let names = "20200101T020000Z-from-other-build.md, 20200101T010000Z-from-other-auth.md";
    for verb in ["read", "show", "archive"] {
        let ambiguous =
            format!("agent-handoff: could not tell which handoff \"from-other\" is; it may be: {names}\n");
        run(&[verb, "from-other"]).is(1, "", &ambiguous);
        for unknown in ["nope", "3", "0"] {
            let said = format!(
                "agent-handoff: could not find a handoff {unknown:?}; handoff inbox lists them, handoff inbox log those archived\n"
            );
            run(&[verb, unknown]).is(1, "", &said);
        }
    }
    assert_eq!(world.names(&app, "unread").len(), 2);
    assert!(run(&["read", "1"]).out().contains(" 1/1 Two\n"));
    assert_eq!(world.names(&app, "read"), ["20200101T020000Z-from-other-build.md"]);
    assert!(run(&["read", "auth"]).out().contains(" 1/1 One\n"));
    run(&["list"]).is(0, "nothing unread for app\n", "");
}

#[test]
fn read_shows_and_archives_all() {
    let world = World::new();
    let app = world.dir("app");
    planted(&world, &app, 1, "auth", "One");
    planted(&world, &app, 2, "build", "Two");
    let mut skipped = world.command("inbox", &app);
    skipped.arg("read").env("AGENT_HANDOFF_SKIP", "1");
    feed(skipped, b"").is(0, "AGENT_HANDOFF_SKIP is set: nothing was taken\n", "");
    assert_eq!(world.names(&app, "unread").len(), 2);
    let ran = world.run("inbox", &app, &["read", "--json", "--session-id", "s-9"], "");
    let told = json(&ran);
    let text = told["text"].as_str().unwrap();
    assert!(text.contains(" 1/2 Two\n") && text.contains(" 2/2 One\n"), "{text}");
    assert_eq!((ran.code, ran.err(), world.names(&app, "read").len()), (0, "", 2));
    assert!(published(&world.root()).iter().all(|path| field(path, "received_by") == "s-9"));
}

#[test]
fn show_prints_one_and_leaves_it() {
    let world = World::new();
    let app = world.dir("app");
    let path = world.write(&app, &["--topic", "auth"], BODY);
    let file = std::fs::read_to_string(&path).unwrap();
    world.run("inbox", &app, &["show", "1"], "").is(0, &file, "");
    let shown = json(&world.run("inbox", &app, &["show", "auth", "--json"], ""));
    let is_whole = (&shown["unread"], &shown["intact"], &shown["problem"], shown["body"].as_str());
    let body = format!("\n{BODY}");
    assert_eq!(is_whole, (&json!(true), &json!(true), &json!(null), Some(body.as_str())));
    world.run("inbox", &app, &["archive", "1"], "");
    let ran = world.run("inbox", &app, &["show", "1"], "");
    assert!(ran.out().contains("\nreceived_at: ") && ran.out().ends_with(BODY), "{}", ran.out());
    world.plant(&app, "20200101T000000Z-from-x.md", "no frontmatter\n");
    let ran = world.run("inbox", &app, &["show", "from-x"], "");
    assert_eq!((ran.code, ran.out()), (0, "no frontmatter\n"));
    assert!(ran.err().starts_with("agent-handoff: malformed handoff: "), "{}", ran.err());
}

#[test]
fn a_restored_handoff_is_unread_without_its_earlier_reader() {
    let world = World::new();
    let app = world.dir("app");
    let path = world.write(&app, &[], BODY);
    let before = std::fs::read(&path).unwrap();
    let run = |args: &[&str]| world.run("inbox", &app, args, "");
    assert_eq!(run(&["read", "--session-id", "s-1"]).code, 0);
    let name = "STAMP-from-app.md\n";
    is(&world, &run(&["restore", "1"]), 0, &format!("restored: {name}"), "");
    is(&world, &run(&["archive", "1"]), 0, &format!("archived: {name}"), "");
    let archived = std::fs::read_to_string(&published(&world.root())[0]).unwrap();
    assert!(!archived.contains("received_by"), "{archived}");
    is(&world, &run(&["restore", "1"]), 0, &format!("restored: {name}"), "");
    let fields = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        text.lines().filter(|line| !line.starts_with("received_")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(fields(&std::fs::read(&path).unwrap()), fields(&before));
}

#[test]
fn the_log_lists_what_was_archived_here_or_everywhere() {
    let world = World::new();
    let (app, other) = (world.dir("app"), world.dir("other"));
    for (dir, hour) in [(&app, 1), (&app, 2), (&other, 3)] {
        planted(&world, dir, hour, &format!("t{hour}"), "Title");
        world.run("inbox", dir, &["archive", "1"], "");
    }
    let topics = |args: &[&str]| {
        let rows = json(&world.run("inbox", &app, args, ""));
        let id = |row: &serde_json::Value| row["id"].as_str().unwrap()[28..].to_owned();
        rows.as_array().unwrap().iter().map(id).collect::<Vec<_>>()
    };
    assert_eq!(topics(&["log", "--json"]), ["t2", "t1"]);
    assert_eq!(topics(&["log", "--json", "-n", "1"]), ["t2"]);
    assert_eq!(topics(&["log", "--json", "--all"]), ["t3", "t2", "t1"]);
    let ran = world.run("inbox", &app, &["log", "-n", "1"], "");
    let table = "#  FOR  READ      DELIVERY   FROM   NAME   ID\n1  app  just now  delivered  other  Title  STAMP-from-other-t2\n";
    is(&world, &ran, 0, table, "");
}

#[test]
fn a_search_finds_lines_in_any_case() {
    let world = World::new();
    let (app, other) = (world.dir("app"), world.dir("other"));
    planted(&world, &app, 1, "auth", "One");
    let run = |args: &[&str]| world.run("inbox", &other, args, "");
    run(&["search", "do auth"]).is(1, "", "agent-handoff: could not find \"do auth\" in any handoff here\n");
    run(&["search", "do auth", "--json"]).is(1, "[]\n", "");
    let hit = "app unread STAMP-from-other-auth\n  9: Do auth.\n";
    is(&world, &run(&["search", "DO AUTH", "--all"]), 0, hit, "");
    let found = json(&run(&["search", "do auth", "--all", "--json"]));
    let id = "20200101T010000Z-from-other-auth";
    let lines = json!([{ "line": 9, "text": "Do auth." }]);
    assert_eq!(found, json!([{ "for": "app", "id": id, "unread": true, "lines": lines }]));
}

#[test]
fn worktrees_lists_every_inbox_and_those_whose_path_is_gone() {
    let world = World::new();
    let (hidden, gone) = (world.dir(".dotfiles"), world.dir("gone"));
    world.write(&hidden, &[], BODY);
    world.write(&gone, &[], BODY);
    std::fs::remove_dir(&gone).unwrap();
    let rows = json(&world.run("inbox", &hidden, &["worktrees", "--json"], ""));
    let row = |key: &str, path: &Path, orphan: bool| json!({ "key": key, "unread": 1, "read": 0, "path": path, "orphan": orphan });
    assert_eq!(rows, json!([row(".dotfiles", &hidden, false), row("gone", &gone, true)]));
}

#[test]
fn a_renamed_worktree_gets_its_handoffs_back() {
    let world = World::new();
    let old = world.dir("old");
    let path = world.write(&old, &[], BODY);
    let body = crate::support::parts(&path).1;
    let new = world.path("new");
    std::fs::rename(&old, &new).unwrap();
    let run = |to: &str| world.run("inbox", world.top(), &["move", "old", to], "");
    is(
        &world,
        &run("none"),
        1,
        "",
        "agent-handoff: could not move to TOP/none: there is no such directory\n",
    );
    is(&world, &run("new"), 0, "moved 1 unread and 0 archived to TOP/new\n", "");
    let moved = &published(&world.root())[0];
    assert_eq!(clean(&world, &field(moved, "to_path")), "TOP/new");
    assert_eq!(crate::support::parts(moved).1, body);
    assert!(world.surface(&new).contains("Handoff loaded: Auth refactor"));
}

#[test]
fn prune_deletes_only_what_was_archived_long_enough_ago() {
    let world = World::new();
    let app = world.dir("app");
    planted(&world, &app, 1, "waits", "One");
    let old = "---\nname: Old\nreceived_at: 2020-01-01T00:00:00Z\n---\n\nx\n";
    let archived = world.inbox(&app).join("read/20200101T000000Z-from-x.md");
    std::fs::write(&archived, old).unwrap();
    let run = |args: &[&str]| world.run("inbox", &app, args, "");
    let line = "app/STAMP-from-x.md\n";
    let dry = run(&["prune", "--older-than", "0h", "--dry-run"]);
    is(&world, &dry, 0, &format!("would delete: {line}would delete 1 archived\n"), "");
    assert!(archived.exists());
    let done = run(&["prune", "--older-than", "0h"]);
    is(&world, &done, 0, &format!("deleted: {line}deleted 1 archived\n"), "");
    assert_eq!((world.names(&app, "read").len(), world.names(&app, "unread").len()), (0, 1));
}

#[test]
fn the_path_of_an_inbox_is_known_before_it_exists() {
    let world = World::new();
    let ran = world.run("inbox", &world.dir("app"), &["path"], "");
    is(&world, &ran, 0, "TOP/home/.agent-handoffs/SLUG-app/app\n", "");
    assert!(!world.root().exists());
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    let world = World::new();
    let app = world.dir("app");
    let cases: [(&[&str], &str); 6] = [
        (&["frob"], "there is no verb `frob`"),
        (&["show"], "ID is missing"),
        (&["show", "--all"], "`show` has no option `--all`"),
        (&["read", "-n", "1"], "`read` has no option `-n`"),
        (&["prune"], "prune requires --older-than AGE"),
        (&["--frob"], "there is no option `--frob`"),
    ];
    for (args, said) in cases {
        let ran = world.run("inbox", &app, args, "");
        let verb = args.first().filter(|verb| ["show", "list", "read", "prune"].contains(verb));
        let verb = verb.map(|verb| format!(" {verb}")).unwrap_or_default();
        ran.is(2, "", &format!("agent-handoff: {said}\nsee handoff inbox{verb} --help\n"));
    }
}

#[test]
fn a_store_that_anybody_can_write_to_is_listed_with_a_warning_and_not_read() {
    let world = World::new();
    let app = world.dir("app");
    world.write(&app, &[], BODY);
    std::fs::set_permissions(world.root(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let root = "TOP/home/.agent-handoffs";
    let fault = format!("{root} is writable by others (mode 0777); run: chmod 700 {root}\n");
    let ran = world.run("inbox", &app, &["read"], "");
    is(&world, &ran, 1, "", &format!("agent-handoff: {fault}"));
    let ran = world.run("inbox", &app, &["list"], "");
    let row = "1  just now  app   Auth refactor  unknown";
    let table = format!("#  AGE       FROM  NAME           BRANCH   DRIFT\n{row}\n");
    is(&world, &ran, 0, &table, &format!("agent-handoff: be careful: {fault}"));
    assert_eq!(world.names(&app, "unread").len(), 1);
}

#[test]
fn an_archived_handoff_that_cannot_be_read_is_named_and_not_taken_for_an_empty_one() {
    // To root permissions apply only without its capabilities.
    let world = World::new();
    let app = world.dir("app");
    world.write(&app, &[], BODY);
    world.run("inbox", &app, &["read"], "");
    let [path] = &published(&world.root())[..] else { panic!("one file") };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o000)).unwrap();
    let run = |args: &[&str]| {
        let program = tests::program("inbox");
        let mut command = world.command("inbox", &app);
        if tests::is_root() {
            command = world.bare_command("setpriv");
            command.args(["--bounding-set=-all", "--inh-caps=-all", "--"]).arg(program).current_dir(&app);
        }
        command.args(args);
        feed(command, b"")
    };
    let said = format!("agent-handoff: could not open {}: permission denied\n", path.display());
    for (args, code) in
        [(&["search", "pytest"][..], 1), (&["log"], 0), (&["log", "--all"], 0), (&["log", "--json"], 0)]
    {
        let ran = run(args);
        assert!(ran.code == code && ran.err().contains(&said), "{args:?}: {} {}", ran.code, ran.err());
    }
    assert_eq!(json(&run(&["log", "--json"]))[0]["readable"], false);
    let ran = run(&["prune", "--older-than", "0d"]);
    assert!(ran.out().contains("deleted 0") && ran.err().contains(&said), "{} {}", ran.out(), ran.err());
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(json(&run(&["log", "--json"]))[0]["readable"], true);
}
