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
            assert_eq!(ran.out().lines().count(), titles.len() + 1, "{verb:?}: {}", ran.out());
            assert_visible(ran.out());
        }
    };
    in_every_width(&[]);
    world.run("inbox", &dir, &["archive", "1", "2", "3"], "");
    in_every_width(&["log"]);
    in_every_width(&["log", "--all"]);
}
