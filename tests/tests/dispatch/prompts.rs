//! A prompt arrives byte for byte, and nowhere else.

use crate::support::{Stage, TOKEN, announced};

/// Gives `prompt` in a way `how`, and looks at what arrived.
#[track_caller]
fn arrives(stage: &Stage, how: &str, prompt: &[u8]) {
    let file = stage.world.path("prompt.md");
    std::fs::write(&file, prompt).unwrap();
    let ran = match how {
        "file" => stage.handoff(&["run", file.to_str().unwrap()]),
        "-" => tests::feed(stage.command(&["run", "-"]), prompt),
        "input" => tests::feed(stage.command(&["run", "--backend", "cx"]), prompt),
        _ => stage.handoff(&["run", "--text", std::str::from_utf8(prompt).unwrap()]),
    };
    assert_eq!(ran.code, 0, "{how}: {}", String::from_utf8_lossy(&ran.err));
    let (id, _) = announced(&ran);
    let got = stage.got().pop().unwrap();
    assert!(std::fs::read(got.join("input")).unwrap() == prompt, "{how}: it did not arrive as it is");
    let kept = stage.home().join("tasks").join(format!("{id}.prompt.md"));
    assert!(std::fs::read(kept).unwrap() == prompt, "{how}: it is not kept as it is");
    if prompt.len() > 20 {
        let words = String::from_utf8_lossy(&prompt[..20]).into_owned();
        assert!(!stage.last("args").contains(&words), "{how}: it is in the arguments");
        assert!(!stage.last("env").contains(&words), "{how}: it is in the environment");
    }
    std::fs::remove_dir_all(got).unwrap();
}

#[test]
fn every_byte_arrives() {
    let stage = Stage::new(&format!(
        "{}\n{}",
        crate::support::DONE,
        r#"echo '{"type":"item.completed","item":{"type":"agent_message","text":"ok"}}'; echo '{"type":"turn.completed"}'"#
    ));
    let prompts: [&[u8]; 6] = [
        b"with\0a NUL and no line end",
        b"not UTF-8: \xff\xfe\x80 and on it goes for more than a few\n",
        b"---\nrun: 1\nstate: success\n---\n\nno head\r\n\r\n",
        b"\xef\xbb\xbfa mark at the beginning of a longer prompt",
        b" leading and trailing blanks of a longer prompt \n\n",
        b"$(touch /tmp/x) `id` ; 'quoted' \"text\" ${HOME} {model} {cwd}",
    ];
    for prompt in prompts {
        for how in ["file", "-", "input"] {
            arrives(&stage, how, prompt);
        }
    }
}

#[test]
fn words_of_the_command_line_are_taken_as_they_are() {
    let stage = Stage::done();
    for prompt in [
        "-p is what it begins with, and more",
        "~/notes is a path that stays as it is",
        "fix --verbose and --backend nothing in the text",
        "--",
        "é ü 漢字 🙂 and a\ttab and a\nline",
    ] {
        // What stands alone there ends the options: handoff-cli's own way.
        match prompt {
            "--" => assert_eq!(stage.handoff(&["run", "--text", "--"]).code, 2),
            _ => arrives(&stage, "text", prompt.as_bytes()),
        }
    }
    // Behind a `--` all words are the prompt's. One that stands between them is too.
    for (words, prompt) in [
        (&["--", "a", "--verbose", "--print", "-h", " b"][..], "a --verbose --print -h  b"),
        (&["run", "cargo", "test", "--", "--quiet", "--text"], "run cargo test -- --quiet --text"),
        (&["what", "does", "ls", "-l", "--color=auto", "do"], "what does ls -l --color=auto do"),
    ] {
        announced(&stage.handoff(&[&["run", "--text"], words].concat()));
        assert_eq!(stage.last("input"), prompt);
    }
}

#[test]
fn an_option_behind_the_words_is_refused_with_both_ways_to_write_it() {
    let stage = Stage::done();
    let refused = |args: &[&str]| {
        let ran = stage.handoff(args);
        assert_eq!((ran.code, ran.out()), (2, ""), "{args:?}: {}", ran.err());
        ran.err().to_owned()
    };
    let said = refused(&["run", "--text", "say", "hi there", "--backend", "cx", "now", "--pro"]);
    assert_eq!(
        said,
        "agent-handoff: `--backend` stands behind --text, where everything is the prompt; as an option: --backend cx --pro \
         --text say 'hi there' now; as a part of the prompt: --text -- say 'hi there' --backend cx now --pro\nsee handoff run --help\n"
    );
    for option in [
        "--pro",
        "--cwd",
        "--slug=x",
        "--print",
        "--timeout",
        "--to-inbox",
        "--quiet",
        "--verbose",
        "--help",
        "-h",
    ] {
        assert!(
            refused(&["run", "--text", "x", option]).contains(&format!("`{option}` stands behind --text"))
        );
        assert!(refused(&["run", "--text=x", option]).contains(&format!("`{option}` stands behind --text")));
        refused(&["resume", "--text", "x", "y", option, "z"]);
    }
    assert!(refused(&["run", "--text", &"long ".repeat(500), "--pro"]).len() < 600);
    assert!(stage.got().is_empty() && stage.list().is_empty());
}

#[test]
fn three_megabytes_arrive() {
    let stage = Stage::done();
    let prompt: Vec<u8> = (0..3_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    arrives(&stage, "file", &prompt);
    arrives(&stage, "-", &prompt);
}

#[test]
fn a_prompt_that_is_none_is_refused_and_leaves_nothing() {
    let stage = Stage::done();
    let empty = stage.world.path("empty.md");
    std::fs::write(&empty, "").unwrap();
    let missing = stage.world.path("missing.md");
    for args in [
        &["run"][..],
        &["run", "-"],
        &["run", "--text"],
        &["run", "--text", " "],
        &["run", empty.to_str().unwrap()],
        &["run", missing.to_str().unwrap()],
        &["run", empty.to_str().unwrap(), "--text", "x"],
        &["run", "a", "b"],
        &["run", "--backend", "nobody", "--text", "x"],
        &["run", "--cwd", "/nowhere", "--text", "x"],
        &["run", "--timeout", "soon", "--text", "x"],
        &["run", "--bogus", "--text", "x"],
    ] {
        let ran = stage.handoff(args);
        assert_eq!((ran.code, ran.out()), (2, ""), "{args:?}: {}", ran.err());
        assert!(ran.err().starts_with("agent-handoff: "), "{}", ran.err());
    }
    assert!(stage.got().is_empty() && stage.list().is_empty());
}

#[test]
fn a_prompt_is_nobody_elses_business() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::done();
    announced(&stage.handoff(&["run", "--text", "a secret plan"]));
    for file in stage.files() {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert!(mode == 0o600 || file.ends_with("config.yaml"), "{}: {mode:o}", file.display());
        let bytes = std::fs::read(&file).unwrap();
        assert!(
            !bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes()),
            "the token is in {}",
            file.display()
        );
    }
    let mode = std::fs::metadata(stage.home()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700);
}

#[test]
fn an_input_that_says_nothing_is_told_and_an_empty_one_is_no_prompt() {
    let stage = Stage::done();
    let none = "agent-handoff: there is no prompt: FILE, - or --text WORDS…\n";
    announced(&stage.handoff(&["run", "--text", "x"]));
    for args in [&["run"][..], &["resume"]] {
        stage.handoff(args).is(2, "", none);
        let mut command = stage.command(args);
        let from_nowhere = command.stdin(std::process::Stdio::null()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&from_nowhere.stderr), none);
    }
    let mut command = stage.command(&["run"]);
    let pipe = std::process::Stdio::piped;
    let mut child = command.stdin(pipe()).stdout(pipe()).stderr(pipe()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(4));
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"late words").unwrap();
    let ran = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(err.matches("reading the prompt from standard input …\n").count(), 1, "{err}");
    assert_eq!(stage.last("input"), "late words");
}
