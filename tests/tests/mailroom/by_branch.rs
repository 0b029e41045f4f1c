//! Letters out of a sandbox that can push one branch alone.

use tests::feed;

use crate::cloud::{BRANCH, Cloud, Sandbox};
use crate::support::{BODY, Machine};

const FROM: &str = "branch:claude/fix-q";

/// A laptop at home that knows the sandbox, and the sandbox.
fn pair(cloud: &Cloud) -> (Machine, Sandbox) {
    let (laptop, mut sandbox) = (cloud.home("laptop"), cloud.sandbox());
    sandbox.invite(&laptop, &[]);
    (laptop, sandbox)
}

/// A handoff on the session's branch; the commit's message.
fn pushed(cloud: &Cloud, sandbox: &Sandbox) -> String {
    sandbox.leave("Quoted fields");
    sandbox.ok(&["push", "--via", "branch"]);
    cloud.git(&["log", "-1", "--format=%B", BRANCH])
}

#[test]
fn a_handoff_comes_home_on_the_branch_with_its_commits_and_its_work() {
    let cloud = Cloud::new();
    let (laptop, sandbox) = pair(&cloud);
    std::fs::write(sandbox.app.join("a.rs"), "committed\n").unwrap();
    sandbox.git(&["commit", "--quiet", "--all", "--message", "work"]);
    let base = sandbox.head();
    std::fs::write(sandbox.app.join("b.rs"), "new\n").unwrap();
    sandbox.leave("Quoted fields");
    let said = sandbox.ok(&["push", "--via", "branch"]);
    assert!(said.contains("on claude/fix-q at origin") && said.contains("work: 1 changed file"), "{said}");
    assert_eq!(sandbox.unread().len(), 0, "it is archived there");
    let tip = cloud.tip();
    assert_eq!((sandbox.head(), cloud.git(&["rev-parse", &format!("{tip}^")])), (tip.clone(), base));
    assert_eq!(cloud.git(&["log", "-1", "--format=%an %s", BRANCH]), "Claude chore(handoff): Quoted fields");
    let changed = cloud.git(&["diff-tree", "-r", &format!("{BRANCH}^"), BRANCH]);
    assert_eq!(changed, "", "the commit is empty");

    laptop.world.git(&laptop.app, &["pull", "--quiet", "origin", BRANCH]);
    let said = laptop.ok(&["pull", "--via", FROM]);
    assert!(said.starts_with("COPY: not taken, others may take it too\ncopied "), "{said}");
    assert!(said.contains("--no-keep-empty") && said.contains("handoff allow"), "{said}");
    let shown = laptop.world.surface(&laptop.app);
    assert!(shown.contains("!! COPY: not taken, others may take it too"), "{shown}");
    assert!(shown.contains("sent by \"cloud: Claude <noreply@anthropic.com>, cloud\""), "{shown}");
    let listed = laptop.world.run("inbox", &laptop.app, &["list"], "");
    assert!(listed.out().contains("Quoted fields (COPY: not taken)"), "{}", listed.out());

    let work = laptop.json(&["pending"]);
    let id = work[0]["id"].as_str().unwrap_or_else(|| panic!("{work}")).to_owned();
    laptop.ok(&["allow", "--yes", &id]);
    laptop.ok(&["pickup", &id, "--apply"]);
    assert_eq!(std::fs::read_to_string(laptop.app.join("b.rs")).unwrap(), "new\n");
    let said = laptop.ok(&["pull", "--via", FROM]);
    assert!(said.contains("was taken here before"), "{said}");
}

#[test]
fn every_machine_can_take_a_copy_and_each_takes_one() {
    let cloud = Cloud::new();
    let (laptop, sandbox) = pair(&cloud);
    pushed(&cloud, &sandbox);
    for _ in 0..2 {
        laptop.ok(&["pull", "--via", FROM]);
        assert_eq!(laptop.unread().len(), 1);
    }
    laptop.world.take(&laptop.app);
    assert!(laptop.ok(&["pull", "--via", FROM]).contains("taken here before"), "an archived one counts too");
    let desk = cloud.home("desk");
    desk.ok(&["people", "add", "cloud", "--key", key_file(&desk, &laptop).as_str()]);
    desk.ok(&["pull", "--via", FROM]);
    assert_eq!(desk.unread().len(), 1);
}

/// A file with the sandbox's key, as the laptop knows it.
fn key_file(desk: &Machine, laptop: &Machine) -> String {
    let people = laptop.json(&["people"]);
    let file = desk.world.path("cloud.pub");
    std::fs::write(&file, people["people"][0]["keys"][0]["key"].as_str().unwrap()).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn a_pull_on_the_same_branch_finds_it_too() {
    let cloud = Cloud::new();
    let (laptop, sandbox) = pair(&cloud);
    laptop.ok(&["join"]);
    pushed(&cloud, &sandbox);
    assert!(laptop.ok(&["pull"]).contains("nothing waits for you"), "it is on another branch");
    laptop.world.git(&laptop.app, &["switch", "--quiet", BRANCH]);
    let pulled = laptop.json(&["pull"]);
    assert_eq!(
        (pulled["copied"].as_array().unwrap().len(), pulled["taken"].as_array().unwrap().len()),
        (1, 0)
    );
    assert!(laptop.ok(&["pull"]).contains("nothing waits for you"), "it is here");
    laptop.world.git(&laptop.app, &["pull", "--quiet", "origin", BRANCH]);
    laptop.world.write(&laptop.app, &["--name", "Back"], BODY);
    laptop.ok(&["push", "--via", "branch"]);
    assert!(laptop.ok(&["pull"]).contains("nothing waits for you"), "it is its own");
}

#[test]
fn a_sandbox_without_a_known_key_is_a_stranger() {
    let cloud = Cloud::new();
    let (laptop, sandbox) = (cloud.home("laptop"), cloud.sandbox());
    pushed(&cloud, &sandbox);
    let said = laptop.fails(&["pull", "--via", FROM]);
    assert!(said.contains("signed with a key that is not known here"), "{said}");
    assert_eq!(laptop.unread().len(), 0);
}

#[test]
fn a_refused_push_changes_nothing_here_and_says_why() {
    let cloud = Cloud::new();
    let (_laptop, sandbox) = pair(&cloud);
    sandbox.leave("Quoted fields");
    let (head, tip) = (sandbox.head(), cloud.tip());
    let unchanged = || {
        assert_eq!((sandbox.head(), cloud.tip(), sandbox.unread().len()), (head.clone(), tip.clone(), 1));
        assert_eq!(
            sandbox.git(&["status", "--porcelain", "--branch"]),
            "## claude/fix-q...origin/claude/fix-q"
        );
    };
    cloud.set(|way| way.branch = "claude/other".to_owned());
    let said = sandbox.fails(&["push", "--via", "branch"]);
    assert!(said.contains("origin did not take claude/fix-q") && said.contains("403"), "{said}");
    unchanged();
    cloud.set(|way| way.branch = BRANCH.to_owned());
    let hook = cloud.origin.join("hooks/pre-receive");
    write_hook(&hook, "echo claude/fix-q is protected >&2; exit 1");
    let said = sandbox.fails(&["push", "--via", "branch"]);
    assert!(said.contains("pre-receive hook declined") && said.contains("is protected"), "{said}");
    unchanged();
    std::fs::remove_file(hook).unwrap();
    sandbox.ok(&["push", "--via", "branch"]);
    assert_eq!((sandbox.head(), sandbox.unread().len()), (cloud.tip(), 0));
}

fn write_hook(path: &std::path::Path, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_push_whose_answer_is_lost_is_found_by_the_next_one() {
    let cloud = Cloud::new();
    let (laptop, sandbox) = pair(&cloud);
    sandbox.leave("Quoted fields");
    let head = sandbox.head();
    cloud.set(|way| way.is_deaf = true);
    sandbox.fails(&["push", "--via", "branch"]);
    assert_eq!((sandbox.head(), sandbox.unread().len()), (head, 1));
    let tip = cloud.tip();
    cloud.set(|way| way.is_deaf = false);
    let said = sandbox.ok(&["push", "--via", "branch"]);
    assert!(said.contains("an earlier push of this handoff had arrived"), "{said}");
    assert_eq!((sandbox.head(), cloud.tip(), sandbox.unread().len()), (tip.clone(), tip, 0));
    laptop.ok(&["pull", "--via", FROM]);
    assert_eq!(laptop.unread().len(), 1);
}

#[test]
fn a_push_that_is_killed_after_it_arrived_is_found_by_the_next_one() {
    let cloud = Cloud::new();
    let (_laptop, sandbox) = pair(&cloud);
    sandbox.leave("Quoted fields");
    // The server ends the whole group of the program that pushes, when it has the commit.
    let mark = sandbox.world.path("pushing");
    let script = format!("kill -KILL -$(cat {})", mark.display());
    write_hook(&cloud.origin.join("hooks/post-receive"), &script);
    let mut shell = sandbox.world.bare_command("setsid");
    let handoff = tests::program("handoff");
    let line = format!("echo $$ > {}; exec {} push --via branch", mark.display(), handoff.display());
    shell.current_dir(&sandbox.app).args(["--wait", "sh", "-c", &line]);
    shell.envs(sandbox.variables.iter().map(|(name, value)| (name, value)));
    assert_ne!(feed(shell, b"").code, 0);
    std::fs::remove_file(cloud.origin.join("hooks/post-receive")).unwrap();
    let tip = cloud.tip();
    assert_ne!(sandbox.head(), tip);
    sandbox.ok(&["push", "--via", "branch"]);
    assert_eq!((sandbox.head(), cloud.tip(), sandbox.unread().len()), (tip.clone(), tip, 0));
}

#[test]
fn nothing_is_forced_where_the_branch_went_on() {
    let cloud = Cloud::new();
    let (laptop, sandbox) = pair(&cloud);
    let tip = cloud.put_message(b"Fix the lexer\n");
    sandbox.leave("Quoted fields");
    let said = sandbox.fails(&["push", "--via", "branch"]);
    assert!(said.contains("git pull origin claude/fix-q"), "{said}");
    assert_eq!((cloud.tip(), sandbox.unread().len()), (tip, 1));
    let said = laptop.ok(&["pull", "--via", FROM]);
    assert!(said.contains("carries no handoff"), "{said}");
}

#[test]
fn no_hook_of_the_repository_runs() {
    let cloud = Cloud::new();
    let (_laptop, sandbox) = pair(&cloud);
    let mark = sandbox.world.path("ran");
    for hook in ["pre-push", "post-commit", "commit-msg", "pre-commit", "reference-transaction"] {
        write_hook(&sandbox.app.join(".git/hooks").join(hook), &format!("echo {hook} >> {}", mark.display()));
    }
    pushed(&cloud, &sandbox);
    assert!(!mark.exists(), "{}", std::fs::read_to_string(mark).unwrap());
}

#[test]
fn the_commit_is_signed_as_the_user_signs_commits_and_not_pushed_where_that_fails() {
    let cloud = Cloud::new();
    let (laptop, sandbox) = pair(&cloud);
    let key = sandbox.world.path("signing");
    let mut keygen = sandbox.world.bare_command("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-f", key.to_str().unwrap()]);
    assert_eq!(feed(keygen, b"").code, 0);
    let nowhere = sandbox.world.path("nowhere");
    for (name, value) in
        [("gpg.format", "ssh"), ("commit.gpgsign", "true"), ("user.signingkey", nowhere.to_str().unwrap())]
    {
        sandbox.git(&["config", name, value]);
    }
    let (head, tip) = (sandbox.head(), cloud.tip());
    sandbox.leave("Quoted fields");
    sandbox.fails(&["push", "--via", "branch"]);
    assert_eq!((sandbox.head(), cloud.tip(), sandbox.unread().len()), (head, tip, 1));
    sandbox.git(&["config", "user.signingkey", key.to_str().unwrap()]);
    sandbox.ok(&["push", "--via", "branch"]);
    let commit = cloud.git(&["cat-file", "commit", BRANCH]);
    assert!(commit.contains("gpgsig -----BEGIN SSH SIGNATURE-----"), "{commit}");
    laptop.ok(&["pull", "--via", FROM]);
    assert_eq!(laptop.unread().len(), 1);
}

#[test]
fn what_cannot_travel_on_a_branch_is_refused_with_the_way_out() {
    let cloud = Cloud::new();
    let (_laptop, sandbox) = pair(&cloud);
    sandbox.leave("Quoted fields");
    let noise: String = (0..60_000_u32).map(|n| format!("{:x}", n.wrapping_mul(2_654_435_761))).collect();
    std::fs::write(sandbox.app.join("b.rs"), noise).unwrap();
    let (head, tip) = (sandbox.head(), cloud.tip());
    let said = sandbox.fails(&["push", "--via", "branch"]);
    assert!(said.contains("a commit carries 49152") && said.contains("--no-work"), "{said}");
    let secret = ["gh", "p_", "R7x2Kq9LmT4vWc8ZyB3nHd6JfG1sPa5EuQ0o"].concat();
    std::fs::write(sandbox.app.join("c.rs"), format!("token = {secret}\n")).unwrap();
    sandbox.git(&["add", "c.rs"]);
    sandbox.git(&["commit", "--quiet", "--message", "token"]);
    sandbox.git(&["rm", "--quiet", "c.rs"]);
    sandbox.git(&["commit", "--quiet", "--message", "no token"]);
    // What is on a branch is not encrypted, so it does not go out as if it were.
    let ran = sandbox.run(&["push", "--via", "branch", "--encrypt", "--no-work"]);
    assert!(ran.code == 2 && ran.err().contains("--via and --encrypt exclude each other"), "{}", ran.err());
    let said = sandbox.fails(&["push", "--via", "branch", "--no-work"]);
    assert!(said.contains("the commit ") && !said.contains(&secret), "{said}");
    assert_eq!((cloud.tip(), sandbox.unread().len()), (tip, 1));
    sandbox.git(&["reset", "--quiet", "--hard", &head]);
    sandbox.ok(&["push", "--via", "branch", "--no-work"]);
    assert_eq!(sandbox.unread().len(), 0);
}

#[test]
fn a_detached_head_carries_nothing() {
    let cloud = Cloud::new();
    let (_laptop, sandbox) = pair(&cloud);
    sandbox.leave("Quoted fields");
    sandbox.git(&["checkout", "--quiet", "--detach"]);
    let said = sandbox.fails(&["push", "--via", "branch"]);
    assert!(said.contains("git switch --create NAME"), "{said}");
    for (args, why) in [
        (&["push", "--via", "branch:x"][..], "checked out"),
        (&["push", "--via", "x"], "branch or branch:NAME"),
        (&["push", "--via", "branch", "--to", "bob"], "exclude"),
        (&["push", "--private"], "--via"),
        (&["pull", "x", "--via", "branch"], "exclude"),
    ] {
        let ran = sandbox.run(args);
        assert!(ran.code == 2 && ran.err().contains(why), "{args:?}: {} {}", ran.code, ran.err());
    }
    let said = sandbox.fails(&["pull", "--via", "branch:a..b"]);
    assert!(said.contains("is not the name of a branch"), "{said}");
    assert!(sandbox.ok(&["pull", "--via", "branch:nowhere"]).contains("origin has no branch nowhere"));
}

#[test]
fn a_remote_that_strangers_read_gets_a_handoff_only_on_the_users_word() {
    let cloud = Cloud::new();
    let (_laptop, sandbox) = pair(&cloud);
    let path = cloud.origin.to_str().unwrap();
    sandbox.git(&["remote", "set-url", "origin", path]);
    sandbox.leave("Quoted fields");
    let tip = cloud.tip();
    let said = sandbox.fails(&["push", "--via", "branch"]);
    assert!(said.contains("could be read by others") && said.contains("--private"), "{said}");
    assert_eq!((cloud.tip(), sandbox.unread().len()), (tip, 1));
    sandbox.ok(&["push", "--via", "branch", "--private"]);
    assert_eq!(sandbox.unread().len(), 0);
}

#[test]
fn what_others_leave_at_a_branchs_tip_is_named_and_not_taken() {
    let cloud = Cloud::new();
    let (laptop, sandbox) = pair(&cloud);
    let message = pushed(&cloud, &sandbox);
    let base = cloud.git(&["rev-parse", &format!("{BRANCH}^")]);
    let reset = || cloud.git(&["update-ref", &format!("refs/heads/{BRANCH}"), &base]);
    let says = |message: &[u8], code: i32, why: &str| {
        cloud.put_message(message);
        let ran = laptop.run(&["pull", "--via", FROM]);
        let said = format!("{}{}", ran.out(), ran.err());
        assert!(ran.code == code && said.contains(why), "{why}: {} {said}", ran.code);
        assert_eq!(laptop.unread().len(), 0);
    };
    // The very letter, behind another commit.
    says(message.as_bytes(), 1, "another branch or another commit");
    reset();
    let (begin, end) = ("-----BEGIN AGENT HANDOFF-----\n", "-----END AGENT HANDOFF-----\n");
    for (content, code, why) in [
        (String::new(), 1, "could not be read as a letter"),
        ("AAAA\n".to_owned(), 1, "could not be read as a letter"),
        ("not base64 !\n".to_owned(), 1, "not as agent-handoff writes one"),
        ("A".repeat(1 << 20), 0, "carries no handoff"),
    ] {
        says(format!("x\n\n{begin}{content}{end}").as_bytes(), code, why);
        reset();
    }
    says(&[b'x'; 6 << 20], 0, "carries no handoff");
    reset();
    says(format!("x\n\n{begin}AAAA").as_bytes(), 1, "not as agent-handoff writes one");
    reset();
    says("x\u{1b}[31m\n".as_bytes(), 0, "carries no handoff");
    reset();
    // One byte of the letter is another.
    let at = message.find(begin).unwrap() + begin.len() + 1_500;
    let mut changed = message.clone().into_bytes();
    changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
    says(&changed, 1, "");
    reset();
    // As it was, it is taken.
    cloud.put_message(message.as_bytes());
    laptop.ok(&["pull", "--via", FROM]);
    assert_eq!(laptop.unread().len(), 1);
}

#[test]
fn a_letter_on_another_branch_or_about_another_repository_is_not_taken() {
    let cloud = Cloud::new();
    let (laptop, sandbox) = pair(&cloud);
    sandbox.git(&["config", "remote.named.url", "https://example.org/acme/app.git"]);
    pushed(&cloud, &sandbox);
    cloud.git(&["update-ref", "refs/heads/other", &cloud.tip()]);
    let said = laptop.fails(&["pull", "--via", "branch:other"]);
    assert!(said.contains("another branch or another commit"), "{said}");
    laptop.world.git(&laptop.app, &["config", "remote.named.url", "https://example.org/acme/other.git"]);
    let said = laptop.fails(&["pull", "--via", FROM]);
    assert!(said.contains("it is about example.org/acme/app"), "{said}");
    assert_eq!(laptop.unread().len(), 0);
}

#[test]
fn taking_a_copy_brings_neither_refs_nor_objects_into_the_repository() {
    let cloud = Cloud::new();
    let (laptop, sandbox) = pair(&cloud);
    pushed(&cloud, &sandbox);
    let seen = || {
        let refs = laptop.world.git(&laptop.app, &["for-each-ref"]);
        (refs, laptop.world.git(&laptop.app, &["count-objects", "-v"]))
    };
    let before = seen();
    laptop.ok(&["pull", "--via", FROM]);
    assert_eq!(seen(), before);
}

#[test]
fn the_key_of_a_sandbox_is_a_secret_that_no_handoff_carries() {
    let cloud = Cloud::new();
    let (_laptop, sandbox) = pair(&cloud);
    let key = &sandbox.variables.iter().find(|(name, _)| name == "HANDOFF_LETTER_KEY").unwrap().1;
    std::fs::write(sandbox.app.join("b.rs"), format!("let x = \"{key}\";\n")).unwrap();
    sandbox.leave("Quoted fields");
    let said = sandbox.fails(&["push", "--via", "branch"]);
    assert!(said.contains("agent-handoff-key") && !said.contains(key.as_str()), "{said}");
    let state = sandbox.world.home().join(".local/state/agent-handoff");
    assert!(!crate::support::names(&state).contains(&"letter-key".to_owned()), "it is not written down");
    let mut broken = cloud.sandbox();
    broken.variables.push(("HANDOFF_LETTER_KEY".to_owned(), format!("{key}/../x")));
    broken.world.write(&broken.app, &["--name", "x"], BODY);
    let said = broken.fails(&["push", "--via", "branch"]);
    assert!(said.contains("HANDOFF_LETTER_KEY is not as") && !said.contains(key.as_str()), "{said}");
}
