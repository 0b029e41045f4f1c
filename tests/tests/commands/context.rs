//! What a writer is told of the place that it writes from: `--context`, and the agent whose shell it is.

use tests::{BODY, World};

use crate::support::{field, is, published};

/// The context without its random word, which must be there once, in its place before the last line.
#[track_caller]
fn without_word(mut ran: tests::Ran) -> tests::Ran {
    let lines: Vec<&str> = ran.out().lines().collect();
    let word = lines[lines.len() - 2].strip_prefix("word:     ").expect("a word");
    assert!(word.len() == 8 && word.bytes().all(|b| b.is_ascii_hexdigit()), "{word}");
    let unknown = "agent:    unknown; --tool NAME says which you are\n";
    assert!(ran.out().contains(unknown), "{}", ran.out());
    ran.out = ran.out().replace(&format!("{unknown}word:     {word}\n"), "").into_bytes();
    ran
}

#[test]
fn the_agent_whose_shell_it_is_is_stamped_and_named_to_the_writer() {
    let write = |variables: &[&str], args: &[&str]| {
        let world = World::new();
        let app = world.dir("app");
        let variables: Vec<_> = variables.iter().map(|name| (*name, "1")).collect();
        let mut command = world.command("handoff-write", &app);
        command.args(["--context"]).envs(variables.iter().copied());
        let context = tests::feed(command, b"").out().to_owned();
        let mut command = world.command("handoff-write", &app);
        command.args(args).envs(variables.iter().copied());
        let ran = tests::feed(command, BODY.as_bytes());
        assert_eq!(ran.code, 0, "{}", ran.err());
        let [path] = &published(&world.root())[..] else { panic!("one file") };
        let agent = context.lines().find_map(|line| line.strip_prefix("agent:    ")).unwrap().to_owned();
        (field(path, "session_tool"), agent)
    };
    for (variable, agent) in [
        ("CLAUDECODE", "claude-code"),
        ("CODEX_THREAD_ID", "codex-cli"),
        ("GEMINI_CLI", "gemini-cli"),
        ("QWEN_CODE", "qwen-code"),
        ("COPILOT_CLI", "copilot"),
        ("OPENCODE", "opencode"),
        ("FACTORY_EXEC_TARGET_AUTONOMY", "droid"),
    ] {
        assert_eq!(write(&[variable], &[]), (agent.to_owned(), agent.to_owned()));
        assert_eq!(write(&[variable], &["--tool", "handover"]).0, "handover");
    }
    let (stamp, agent) = write(&["CLAUDECODE", "GEMINI_CLI"], &[]);
    assert_eq!(stamp, "unknown");
    assert_eq!(agent, "unknown, one of claude-code, gemini-cli; --tool NAME says which you are");
    assert_eq!(write(&["CLAUDECODE", "GEMINI_CLI"], &["--tool", "gemini-cli"]).0, "gemini-cli");
}

#[test]
fn the_word_that_ends_a_heredoc_is_another_one_each_time() {
    let world = World::new();
    let app = world.dir("app");
    let word = || {
        let context = world.run("handoff-write", &app, &["--context"], "");
        context.out().lines().find_map(|line| line.strip_prefix("word:     ").map(str::to_owned)).unwrap()
    };
    assert_ne!(word(), word());
}

#[test]
fn the_context_of_a_clean_repository_is_its_branch_and_counts() {
    let world = World::new();
    let app = world.repo("app");
    let head = world.git(&app, &["rev-parse", "--short", "HEAD"]);
    let start = format!("worktree: TOP/app (app)\nbranch:   main\nhead:     {head}\ndirty:    0 files\n");
    let context = || without_word(world.run("handoff-write", &app.join("src"), &["--context"], ""));
    is(&world, &context(), 0, &format!("{start}unread:   0 waiting here\n"), "");
    world.write(&app, &[], BODY);
    is(&world, &context(), 0, &format!("{start}unread:   1 waiting here\n"), "");
    let far = world.path("zebra");
    world.git(&app, &["worktree", "add", "--quiet", "-b", "z", far.to_str().unwrap()]);
    is(&world, &context(), 0, &format!("{start}sibling:  zebra (TOP/zebra)\nunread:   1 waiting here\n"), "");
}

#[test]
fn the_context_of_a_dirty_repository_lists_twenty_files_and_counts_the_rest() {
    let world = World::new();
    let app = world.repo("app");
    std::fs::write(app.join("src/a.rs"), "changed\n").unwrap();
    for number in 10..32 {
        std::fs::write(app.join(format!("new{number}")), "").unwrap();
    }
    world.git(&app, &["add", "new10"]);
    let ran = without_word(world.run("handoff-write", &app, &["--context"], ""));
    let porcelain = world.git(&app, &["status", "--porcelain"]);
    let listed = porcelain.lines().take(20).map(|line| format!("  {line}\n")).collect::<String>();
    let head = world.git(&app, &["rev-parse", "--short", "HEAD"]);
    let start = format!("worktree: TOP/app (app)\nbranch:   main\nhead:     {head}\ndirty:    23 files\n");
    is(&world, &ran, 0, &format!("{start}{listed}  … and 3 more\nunread:   0 waiting here\n"), "");
}

#[test]
fn the_context_is_given_with_exit_code_0_whatever_is_missing() {
    let world = World::new();
    let plain = world.dir("plain");
    let unknown = "worktree: TOP/plain (plain)\nbranch:   unknown\nhead:     unknown\ndirty:    unknown\n";
    let ran = without_word(world.run("handoff-write", &plain, &["--context"], ""));
    is(&world, &ran, 0, &format!("{unknown}unread:   0 waiting here\n"), "");
    let ran = world.run("handoff-write", &plain, &["--context", "--root", "/nonexistent"], "");
    is(&world, &ran, 0, "worktree: unknown (could not enter /nonexistent: no such file or directory)\n", "");
    let mut homeless = world.command("handoff-write", &plain);
    homeless.arg("--context").env_remove("HOME");
    is(&world, &without_word(tests::feed(homeless, b"")), 0, &format!("{unknown}unread:   unknown\n"), "");
}
