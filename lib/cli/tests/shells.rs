//! What is made from the tables, read by those that it is made for: the shells, and mandoc.
#![expect(clippy::disallowed_methods, reason = "tests set up files and processes by hand")]

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use handoff_cli::table::Program;
use handoff_cli::tables::{PROGRAMS, handoff, handover};
use handoff_cli::{CalledAs, complete, man_page};

/// Whether `program` is here.
fn is_here(program: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|directory| directory.join(program).is_file()));
    tests::can(&format!("run {program}"), found)
}

fn write(directory: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, text).expect("a file");
    path
}

/// A directory with a `handoff` that knows two runs and one backend.
fn stage() -> tempfile::TempDir {
    let stage = tempfile::tempdir().expect("a directory");
    let program = write(
        stage.path(),
        "handoff",
        "#!/bin/sh\n[ \"$1\" = complete ] || exit 9\ncase $2 in\nruns) echo 1130-parser; echo 1130-tests ;;\nbackends) echo codex ;;\nesac\n",
    );
    let done = Command::new("chmod").arg("755").arg(program).status().expect("chmod");
    assert!(done.success());
    for (name, text) in [("task.md", ""), ("two words.md", "")] {
        write(stage.path(), name, text);
    }
    std::fs::create_dir(stage.path().join("directory")).expect("a directory");
    stage
}

fn run(stage: &Path, shell: &str, args: &[&OsStr]) -> String {
    let path = format!("{}:{}", stage.display(), std::env::var("PATH").unwrap_or_default());
    let ran = Command::new(shell)
        .args(args)
        .current_dir(stage)
        .env("PATH", path)
        .env("HOME", stage)
        .env("XDG_CONFIG_HOME", stage.join("config"))
        .stdin(Stdio::null())
        .output()
        .expect("the shell");
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.stderr.is_empty(), "{shell}: {}\n{text}", String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{shell}: {text}");
    text
}

/// What each line, ending at the cursor, is completed to; some words that must be there, and one that must not.
const LINES: [(&str, &[&str], &str); 12] = [
    ("handoff r", &["run", "resume", "runs", "render"], "inbox"),
    ("handoff inbox s", &["show", "search"], "run"),
    ("handoff inbox show --r", &["--root"], "--all"),
    ("handoff inbox log --a", &["--all"], "--apply"),
    ("handoff pickup --a", &["--apply", "--again", "--allow-config"], "--undo"),
    ("handoff run --backend ", &["codex"], "run"),
    ("handoff tail ", &["1130-parser", "1130-tests"], "codex"),
    ("handoff ls 1130-t", &["1130-tests"], "1130-parser"),
    ("handoff run t", &["task.md"], "tail"),
    ("handoff run --cwd ", &["directory"], "task.md"),
    ("handoff completions ", &["bash", "zsh", "fish"], "codex"),
    ("handoff doctor --q", &["--quick"], "--quiet"),
];

fn check(shell: &str, line: &str, answer: &str, wanted: &[&str], unwanted: &str) {
    let found: Vec<&str> = answer
        .lines()
        .map(|line| line.split('\t').next().unwrap_or_default().trim_end_matches('/').trim())
        .collect();
    for word in wanted {
        assert!(found.contains(word), "{shell}: `{line}` lacks {word}: {found:?}");
    }
    assert!(!found.contains(&unwanted), "{shell}: `{line}` has {unwanted}: {found:?}");
}

#[test]
fn bash_completes_verbs_options_values_and_names() {
    if !is_here("bash") {
        return;
    }
    let stage = stage();
    let script = write(stage.path(), "completions", &complete::bash(&handoff::PROGRAM));
    for (line, wanted, unwanted) in LINES {
        let harness = format!(
            "source {}\nread -ra COMP_WORDS <<<'{line}'\n[[ '{line}' == *' ' ]] && COMP_WORDS+=('')\n\
             COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n_handoff\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
            script.display()
        );
        let answer = run(stage.path(), "bash", &["--norc".as_ref(), "-c".as_ref(), harness.as_ref()]);
        check("bash", line, &answer, wanted, unwanted);
    }
}

#[test]
fn a_file_name_with_a_blank_stays_one_word_in_bash() {
    if !is_here("bash") {
        return;
    }
    let stage = stage();
    let script = write(stage.path(), "completions", &complete::bash(&handoff::PROGRAM));
    let harness = format!(
        "source {}\nCOMP_WORDS=(handoff run tw)\nCOMP_CWORD=2\n_handoff\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        script.display()
    );
    let answer = run(stage.path(), "bash", &["--norc".as_ref(), "-c".as_ref(), harness.as_ref()]);
    assert_eq!(answer, "two words.md\n");
}

#[test]
fn fish_completes_verbs_options_values_and_names() {
    if !is_here("fish") {
        return;
    }
    let stage = stage();
    let script = write(stage.path(), "completions.fish", &complete::fish(&handoff::PROGRAM));
    for (line, wanted, unwanted) in LINES {
        let harness = format!("source {}; complete -C '{line}'", script.display());
        let answer = run(stage.path(), "fish", &["--no-config".as_ref(), "-c".as_ref(), harness.as_ref()]);
        check("fish", line, &answer, wanted, unwanted);
    }
}

#[test]
fn zsh_completes_verbs_options_values_and_names() {
    if !is_here("zsh") {
        return;
    }
    let stage = stage();
    let script = write(stage.path(), "_handoff", &complete::zsh(&handoff::PROGRAM));
    for (line, wanted, unwanted) in LINES {
        let answer = zsh(stage.path(), &script, line);
        check("zsh", line, &answer, wanted, unwanted);
    }
}

/// What zsh lists: it runs on a pseudo terminal, where a tab lists the choices and Ctrl-X says that they are there.
fn zsh(stage: &Path, script: &Path, line: &str) -> String {
    let settings = format!(
        "stty columns 200 rows 50 -echo\nPS1= RPS1= PROMPT_EOL_MARK=\nunsetopt zle_bracketed_paste 2>/dev/null\n\
         autoload -U compinit && compinit -u -d {dump}\nsource {script}\n\
         zstyle ':completion:*' verbose no\nzstyle ':completion:*' list-separator ''\n\
         done-listing() {{ print; print END }}\nzle -N done-listing\n\
         bindkey '^I' list-choices\nbindkey '^X' done-listing\nprint READY\n",
        dump = stage.join("zcompdump").display(),
        script = script.display(),
    );
    write(stage, ".zshrc", &settings);
    let harness = format!(
        "zmodload zsh/zpty\nzpty z 'ZDOTDIR={stage} TERM=dumb zsh -i -d'\nzpty -r z out '*READY*'\n\
         zpty -w -n z '{line}'$'\\t\\x18'\nzpty -r z out '*END*'\nprint -r -- $out\nzpty -d z\n",
        stage = stage.display(),
    );
    let answer = run(stage, "zsh", &["-f".as_ref(), "-c".as_ref(), harness.as_ref()]);
    // The line is shown before the list, and again behind it.
    let listed = answer.split(line.trim_end()).nth(1).unwrap_or_default();
    listed.split_whitespace().map(|word| format!("{word}\n")).collect()
}

#[test]
fn every_script_is_sound_for_its_shell() {
    let stage = tempfile::tempdir().expect("a directory");
    for program in [&handoff::PROGRAM, &handover::PROGRAM] {
        for (shell, script) in [
            ("bash", complete::bash(program)),
            ("zsh", complete::zsh(program)),
            ("fish", complete::fish(program)),
        ] {
            let path = write(stage.path(), &format!("{}.{shell}", program.name), &script);
            if is_here(shell) {
                run(stage.path(), shell, &["-n".as_ref(), path.as_ref()]);
            }
        }
    }
}

#[test]
fn every_man_page_is_sound_and_reads_as_it_was_written() {
    if !is_here("mandoc") {
        return;
    }
    let stage = tempfile::tempdir().expect("a directory");
    for program in PROGRAMS {
        let page = man_page(program, &name(program), "0.1.0", "2026-11-21");
        let path = write(stage.path(), &format!("{}.1", program.name), &page);
        let linted =
            Command::new("mandoc").args(["-T", "lint", "-W", "warning"]).arg(&path).output().expect("mandoc");
        let said = String::from_utf8_lossy(&linted.stdout).into_owned();
        assert!(linted.status.success(), "{}: {said}", program.name);
        let shown = run(stage.path(), "mandoc", &["-T".as_ref(), "utf8".as_ref(), path.as_ref()]);
        let plain: String = without_overstrikes(&shown);
        assert!(plain.contains(program.about), "{}: {plain}", program.name);
    }
}

/// A terminal's bold and underlined letters are typed twice, with a backspace between.
fn without_overstrikes(text: &str) -> String {
    let mut plain = String::new();
    for letter in text.chars() {
        if letter == '\u{8}' {
            plain.pop();
        } else {
            plain.push(letter);
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn name(program: &'static Program) -> CalledAs {
    CalledAs::new(Some(program.name.as_ref()), program.name, &[])
}
