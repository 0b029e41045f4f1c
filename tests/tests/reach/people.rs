//! Whose letters are taken, and what they may bring.

use crate::support::Pair;

#[test]
fn nothing_of_a_strangers_letter_reaches_a_reader() {
    let pair = Pair::strangers();
    pair.laptop.put("new.rs", "new\n");
    let letter = pair.laptop.letter("q.handoff");
    let said = pair.desk.refuses(&["import", letter.to_str().unwrap(), "--apply"]);
    assert!(said.contains("SHA256:") && said.contains("Ann <ann@acme.io>, laptop"), "{said}");
    let command = format!("handoff people add NAME --from {}", letter.display());
    assert!(said.contains(&command), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(!pair.desk.app.join(".handover").exists());
    assert_eq!(pair.desk.world.surface(&pair.desk.app), "");
    // Without a word from the person, no one is added.
    let none = pair.desk.run(&["people", "add", "@me", "--from", letter.to_str().unwrap()]);
    assert_eq!(none.code, 1, "{}", none.err());
    assert!(none.err().contains("signed with SHA256:"), "{}", none.err());
    assert!(pair.desk.ok(&["people"]).contains("no letters of others are taken"));
    // From standard input too.
    let bytes = std::fs::read(&letter).unwrap();
    let add = ["people", "add", "@me", "--yes", "--from", "-"];
    let added = pair.desk.world.run("handoff", &pair.desk.app, &add, &bytes);
    assert_eq!(added.code, 0, "{}", added.err());
    let taken = pair.desk.world.run("handoff", &pair.desk.app, &["import", "-"], &bytes);
    assert_eq!(taken.code, 0, "{}", taken.err());
    pair.desk.ok(&["people", "remove", "@me"]);
    pair.laptop.letter("again.handoff");
    pair.desk.refuses(&["import", pair.laptop.world.path("again.handoff").to_str().unwrap()]);
}

#[test]
fn work_of_another_person_is_allowed_first_and_with_code_it_need_not_be() {
    let pair = Pair::of("bob", "ann");
    pair.introduce("bob", &[]);
    pair.laptop.put("new.rs", "new\n");
    let letter = pair.laptop.letter("q.handoff");
    let before = pair.desk.tree();
    let said = pair.desk.run(&["import", letter.to_str().unwrap(), "--apply"]);
    assert_eq!(said.code, 1, "{}", said.out());
    assert!(said.out().contains("look at it, allow it"), "{}", said.out());
    assert_eq!(pair.desk.tree(), before);
    assert!(pair.desk.only().contains("has to look at it and allow it first"));
    let bundle = pair.desk.bundles().pop().unwrap();
    let refused = pair.desk.run(&["pickup", &bundle, "--apply"]);
    assert_eq!(refused.code, 1, "{}", refused.out());
    assert_eq!(pair.desk.tree(), before);
    pair.desk.ok(&["allow", &bundle, "--yes"]);
    pair.desk.ok(&["pickup", &bundle, "--apply"]);
    assert_eq!(pair.desk.tree(), pair.laptop.tree());
    pair.desk.ok(&["pickup", "--undo"]);

    pair.introduce("bob", &["--code"]);
    pair.laptop.put("new.rs", "newer\n");
    let letter = pair.laptop.letter("code.handoff");
    pair.desk.import(&letter, &["--apply"]);
    assert_eq!(pair.desk.tree(), pair.laptop.tree());
}

#[test]
fn files_that_programs_obey_need_a_word_of_their_own_in_patches_and_in_commits() {
    for in_commit in [false, true] {
        let pair = Pair::new();
        pair.laptop.put(".claude/settings.json", "{}\n");
        if in_commit {
            pair.laptop.world.commit(&pair.laptop.app, "settings");
            pair.laptop.put(".claude/settings.json", "{\"a\":1}\n");
            pair.laptop.world.commit(&pair.laptop.app, "more settings");
        }
        let letter = pair.laptop.letter("q.handoff");
        let before = pair.desk.tree();
        let said = pair.desk.run(&["import", letter.to_str().unwrap(), "--apply"]);
        assert_eq!(said.code, 1, "{in_commit}: {}", said.out());
        assert!(said.err().contains(".claude/settings.json"), "{}", said.err());
        assert!(said.err().contains("--allow-config"), "{}", said.err());
        assert_eq!(pair.desk.tree(), before);
        let bundle = pair.desk.bundles().pop().unwrap();
        pair.desk.ok(&["pickup", &bundle, "--apply", "--allow-config"]);
        assert_eq!(pair.desk.tree(), pair.laptop.tree());
    }
}

#[test]
fn links_out_of_the_tree_submodules_and_own_settings_need_that_word_in_commits_too() {
    type Make = fn(&Pair);
    let make: [(&str, Make); 4] = [
        ("out", |pair| std::os::unix::fs::symlink("/etc", pair.laptop.app.join("out")).unwrap()),
        ("src/up", |pair| std::os::unix::fs::symlink("../../x", pair.laptop.app.join("src/up")).unwrap()),
        ("vendor", |pair| {
            let head = pair.laptop.git(&["rev-parse", "HEAD"]);
            pair.laptop.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},vendor")]);
            pair.laptop.world.dir(pair.laptop.app.join("vendor"));
        }),
        (".handover/config.toml", |pair| {
            pair.laptop.put(".handover/config.toml", "track = true\n");
            pair.laptop.git(&["add", "--force", ".handover/config.toml"]);
        }),
    ];
    for (name, make) in make {
        let pair = Pair::new();
        std::os::unix::fs::symlink("a.rs", pair.laptop.app.join("src/inside")).unwrap();
        make(&pair);
        pair.laptop.git(&["add", "src"]);
        if name == "out" {
            pair.laptop.git(&["add", name]);
        }
        pair.laptop.git(&["commit", "--quiet", "--message", "one"]);
        let letter = pair.laptop.letter("q.handoff");
        let before = pair.desk.tree();
        let said = pair.desk.run(&["import", letter.to_str().unwrap(), "--apply"]);
        assert_eq!(said.code, 1, "{name}: {}", said.out());
        assert!(said.err().contains(name) && said.err().contains("--allow-config"), "{}", said.err());
        assert!(!said.err().contains("inside"), "{}", said.err());
        assert_eq!(pair.desk.tree(), before, "{name}");
        let bundle = pair.desk.bundles().pop().unwrap();
        pair.desk.ok(&["pickup", &bundle, "--apply", "--allow-config"]);
        assert_eq!(pair.desk.git(&["rev-parse", "HEAD"]), pair.laptop.git(&["rev-parse", "HEAD"]), "{name}");
    }
}

#[test]
fn a_key_that_others_can_read_is_not_used_and_a_missing_identity_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let pair = Pair::new();
    pair.laptop.letter("q.handoff");
    let key = pair.laptop.world.home().join(".local/state/agent-handoff/letter-key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let file = pair.laptop.world.path("z.handoff");
    let said = pair.laptop.refuses(&["export", file.to_str().unwrap()]);
    assert!(said.contains("others may read it"), "{said}");
    assert!(!file.exists());
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(pair.laptop.world.home().join(".gitconfig"), "[user]\n\tname = Ann\n").unwrap();
    let said = pair.laptop.refuses(&["export", file.to_str().unwrap()]);
    assert!(said.contains("git config --global user.email"), "{said}");
    let mut bare = pair.laptop.world.command("handoff", &pair.laptop.app);
    bare.args(["export", file.to_str().unwrap()]).env("PATH", pair.laptop.world.dir("nothing"));
    let ran = tests::feed(bare, b"");
    assert_eq!((ran.code, ran.out()), (1, ""), "{}", ran.err());
    assert!(ran.err().contains("could not find git"), "{}", ran.err());
}
