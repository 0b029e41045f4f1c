//! Tables of text that terminals disagree about.

use tests::{World, feed};

use crate::support::{SMALL, assert_visible, handoff};

#[test]
fn the_inbox_and_its_log_list_any_emoji_in_any_width() {
    let world = World::new();
    let dir = world.dir("notes");
    let titles = [
        "⚠\u{FE0F} the import fails on the second page of results, and the retry hides it from the caller",
        "👍🏽👍🏿 reviewed, ❤\u{FE0F}\u{200D}🔥 kept: 👨\u{200D}👩\u{200D}👧\u{200D}👦 1\u{FE0F}\u{20E3} 🇩🇪🇺🇦 日本語のタイトル क्षत्रिय",
        "a\u{301}\u{302}\u{303} \u{1100}\u{1161} \u{202E}\u{9b}2J \u{E0041} العربية لا",
    ];
    for (number, title) in titles.iter().enumerate() {
        let lines = [format!("name: \"{title}\""), format!("from: \"{}\"", "⚠\u{FE0F}".repeat(20))];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        world.plant(&dir, format!("2026112{number}T100000Z-from-a.md"), handoff(&lines, SMALL));
    }
    let in_every_width = |verb: &[&str]| {
        for columns in [1, 2, 7, 20, 33, 40, 79, 80, 81, 120, 200] {
            let mut command = world.command("inbox", &dir);
            command.args(verb).env("COLUMNS", columns.to_string());
            let ran = feed(command, b"");
            assert_eq!((ran.code, ran.err()), (0, ""), "{verb:?} in {columns} columns");
            let headings = if verb == ["--all"] { 2 } else { 1 };
            assert_eq!(ran.out().lines().count(), titles.len() + headings, "{verb:?}: {}", ran.out());
            assert_visible(ran.out());
        }
    };
    in_every_width(&[]);
    in_every_width(&["--all"]);
    world.run("inbox", &dir, &["archive", "1", "2", "3"], "");
    in_every_width(&["log"]);
    in_every_width(&["log", "--all"]);
}

#[test]
fn no_path_of_a_worktree_breaks_the_list_of_all() {
    for name in [
        "a\u{202E}b",
        "x\ny",
        "\u{1b}[31mred\u{9b}2J",
        "日本語のワークツリー",
        "-rf",
        "--json",
        "e\u{301}\u{302}",
    ] {
        let world = World::new();
        let (here, dir) = (world.dir("here"), world.dir(name));
        world.write(&dir, &[], tests::BODY);
        for columns in [1, 7, 40, 80, 200] {
            let mut command = world.command("inbox", &here);
            command.arg("--all").env("COLUMNS", columns.to_string());
            let ran = feed(command, b"");
            assert_eq!((ran.code, ran.err(), ran.out().lines().count()), (0, "", 3), "{name:?} in {columns}");
            assert_visible(ran.out());
        }
        let rows: serde_json::Value =
            serde_json::from_str(world.run("inbox", &here, &["--all", "--json"], "").out()).unwrap();
        assert_eq!(rows[0]["worktree"].as_str(), dir.to_str(), "{name:?}");
        // And a handoff goes there and back.
        let id = rows[0]["id"].as_str().unwrap();
        let forward = |from: &std::path::Path, to: &std::path::Path| {
            let to = format!("--to={}", to.display());
            let ran = world.run("inbox", from, &["forward", &to, "--", id], "");
            assert_eq!((ran.code, ran.err(), ran.out().lines().count()), (0, "", 1), "{name:?}: {ran:?}");
            assert_visible(ran.out());
        };
        forward(&dir, &here);
        forward(&here, &dir);
        let ran = world.run("inbox", &dir, &["delete", "--yes", "--", id], "");
        assert_eq!((ran.code, ran.err(), ran.out().lines().count()), (0, "", 1), "{name:?}");
        assert_visible(ran.out());
    }
}
