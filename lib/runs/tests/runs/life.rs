//! Runs that begin and end as they should.

use std::io::Write;
use std::path::Path;

use handoff_runs::{AdoptError, Conversation, Ending, Filter, Found, State, Usage, split_result};

use crate::support::{Home, finish, mode, new, reconciled, row, success};

#[test]
fn a_run_is_recorded_from_its_start_to_its_end() {
    let home = Home::new();
    let runs = home.open();
    let prompt = b"\n~/ --verbose \0 \xff and so on";
    let mut run = runs.begin(new(prompt)).unwrap();
    assert!(run.unrecorded().is_none());
    let id = run.id().to_string();
    let form: Vec<&str> = id.split('-').collect();
    assert_eq!(form[0].len(), 6, "{id}");
    assert_eq!(form[1..], ["ds", "01", "fix", "the", "login"]);
    assert_eq!(std::fs::read(&run.files().prompt).unwrap(), prompt);

    let going = row(&runs, &id);
    assert_eq!((going.state, going.number, going.session.as_str()), (State::Running, 1, run.uuid()));
    assert_eq!((going.model.as_deref(), going.to_inbox, going.pro), (Some("model-1"), true, false));
    assert_eq!(going.caller.as_deref(), Some(Path::new("/home/someone/caller")));
    assert_eq!(going.cwd, Path::new("/home/someone/project"));
    assert!(going.started.is_some() && going.ended.is_none());
    assert!(runs.is_attended(&going).unwrap());
    assert!(reconciled(&runs).is_empty());

    run.create_out().unwrap().write_all(b"progress\n").unwrap();
    run.create_stream().unwrap();
    assert!(run.create_out().is_err());
    run.note_process(4321);
    run.note_usage(Usage { input_tokens: 7, cost_usd: 0.25, ..Usage::default() });
    assert!(run.note_session("0199a213-81c0").unwrap());
    let going = row(&runs, &id);
    assert_eq!((going.process, going.session.as_str()), (Some(4321), "0199a213-81c0"));
    assert_eq!(runs.on_conversation("0199a213-81c0").unwrap().len(), 1);
    assert!(runs.lock_conversation("0199a213-81c0").unwrap().is_none());

    let files = run.files().clone();
    let result = finish(run, &success("the result \u{1b}[1m".as_bytes()));
    assert_eq!(result, files.result);
    let written = std::fs::read(&result).unwrap();
    assert_eq!(split_result(&written), (Some(State::Success), &b"the result \x1b[1m\n"[..]));
    let done = row(&runs, &id);
    assert_eq!((done.state, done.process, done.supervisor), (State::Success, None, None));
    assert_eq!(done.usage.as_ref().map(|usage| usage.input_tokens), Some(7));
    assert!(done.ended.is_some());
    assert_eq!(runs.files(&done), files);
    assert!(runs.lock_conversation("0199a213-81c0").unwrap().is_some());
    for path in [&files.prompt, &files.out, &files.result, &files.stream] {
        assert_eq!(mode(path), 0o600, "{}", path.display());
    }
    for dir in ["", "runs", "tasks"] {
        assert_eq!(mode(&home.path().join(dir)), 0o700);
    }
    let left =
        |name: &str| name.ends_with(".lock") || name.starts_with("conversation") || name.starts_with(".tmp");
    for dir in ["runs", "tasks"] {
        for entry in std::fs::read_dir(home.path().join(dir)).unwrap() {
            let entry = entry.unwrap();
            assert!(!left(&entry.file_name().to_string_lossy()), "{entry:?}");
            assert_eq!(mode(&entry.path()), 0o600, "{entry:?}");
        }
    }
}

#[test]
fn an_end_says_why_and_what_was_used() {
    let home = Home::new();
    let runs = home.open();
    let run = runs.begin(new(b"x")).unwrap();
    let id = run.id().clone();
    let usage = Usage { output_tokens: 9, ..Usage::default() };
    let reason = Some("API Error: 401\n---\nstate: success");
    finish(
        run,
        &Ending {
            state: State::Error,
            reason,
            text: b"",
            usage: Some(usage.clone()),
            conversation_usage: None,
            to_inbox: false,
        },
    );
    let row = row(&runs, id.as_str());
    assert_eq!((row.state, &row.usage), (State::Error, &Some(usage)));
    assert_eq!(row.reason.as_deref(), Some("API Error: 401 --- state: success"));
    let text = std::fs::read_to_string(&runs.files(&row).result).unwrap();
    assert!(text.starts_with(&format!("---\nrun: {id}\nstate: error\nreason: \"API Error")), "{text}");
    assert_eq!(split_result(text.as_bytes()).0, Some(State::Error));
}

#[test]
fn runs_are_found_by_what_people_type() {
    let home = Home::new();
    let runs = home.open();
    assert_eq!(runs.newest_of_each_directory().unwrap(), []);
    assert_eq!(runs.find("").unwrap(), Found::None);
    assert_eq!(runs.find("1").unwrap(), Found::None);
    let mut ids = Vec::new();
    for slug in ["fix login", "fix logout", "docs"] {
        let run = runs.begin(handoff_runs::NewRun { slug, ..new(b"x") }).unwrap();
        ids.push(run.id().clone());
        finish(run, &success(b"done"));
    }
    for selector in ["1", "01", "+1", " 1", ids[0].as_str(), "-login", "FIX-LOGIN"] {
        assert_eq!(row(&runs, selector).id, ids[0], "{selector}");
    }
    assert_eq!(row(&runs, &row(&runs, "2").uuid).id, ids[1]);
    assert_eq!(runs.find("fix").unwrap(), Found::Several(vec![ids[1].clone(), ids[0].clone()]));
    for selector in ["99999999999999999999", "nothing", "%", "_", "' OR 1", "\u{1b}"] {
        assert_eq!(runs.find(selector).unwrap(), Found::None, "{selector}");
    }
    // An unset variable of a script names no run, least of all the newest.
    for empty in ["", " "] {
        assert_eq!(runs.find(empty).unwrap(), Found::None);
    }
}

#[test]
fn the_latest_is_the_last_in_the_list_whatever_the_clock_says() {
    let home = Home::new();
    let runs = home.open();
    let first = runs.begin(new(b"x")).unwrap();
    let second = runs.begin(new(b"x")).unwrap();
    // The clock went back by years between the two.
    let back = "UPDATE runs SET created_at = '2001-01-01 00:00:00', run_day = '2001-01-01', \
         runtime_info = json_set(runtime_info, '$.started', '2001-01-01T00:00:00Z') WHERE run_id = ?1";
    home.list().execute(back, [second.id().as_str()]).unwrap();
    let rows = runs.list(&Filter::default()).unwrap();
    assert_eq!([&rows[0].id, &rows[1].id], [second.id(), first.id()]);
    let newest = runs.newest_of_each_directory().unwrap();
    assert_eq!(newest.iter().map(|row| &row.id).collect::<Vec<_>>(), [second.id()]);
}

#[test]
fn the_list_is_filtered() {
    let home = Home::new();
    let runs = home.open();
    let elsewhere = Path::new("/elsewhere");
    finish(runs.begin(new(b"x")).unwrap(), &success(b""));
    let running = runs.begin(handoff_runs::NewRun { cwd: elsewhere, ..new(b"x") }).unwrap();
    let count = |filter: Filter<'_>| runs.list(&filter).unwrap().len();
    assert_eq!(count(Filter::default()), 2);
    assert_eq!(count(Filter { limit: Some(1), ..Filter::default() }), 1);
    assert_eq!(count(Filter { limit: Some(0), ..Filter::default() }), 0);
    assert_eq!(count(Filter { state: Some(State::Running), ..Filter::default() }), 1);
    assert_eq!(count(Filter { state: Some(State::Lost), ..Filter::default() }), 0);
    assert_eq!(count(Filter { cwd: Some(elsewhere), ..Filter::default() }), 1);
    drop(running);
}

#[test]
fn a_directory_of_any_bytes_comes_back() {
    use std::os::unix::ffi::OsStrExt;
    let home = Home::new();
    let runs = home.open();
    let odd = Path::new(std::ffi::OsStr::from_bytes(b"/a/\xff\n\x1b"));
    let run = runs.begin(handoff_runs::NewRun { cwd: odd, caller: Some(odd), ..new(b"x") }).unwrap();
    assert_eq!(row(&runs, run.id().as_str()).cwd, odd);
}

#[test]
fn one_run_at_a_time_is_on_a_conversation() {
    let home = Home::new();
    let runs = home.open();
    let run = runs.begin(new(b"x")).unwrap();
    let session = run.session().to_owned();
    assert!(runs.lock_conversation(&session).unwrap().is_none());
    assert_eq!(runs.on_conversation(&session).unwrap()[0].id, *run.id());
    finish(run, &success(b""));
    let lock = runs.lock_conversation(&session).unwrap().unwrap();
    assert!(home.open().lock_conversation(&session).unwrap().is_none());
    let again =
        runs.begin(handoff_runs::NewRun { conversation: Conversation::Old(lock), ..new(b"y") }).unwrap();
    assert_eq!(again.session(), session);
    assert_ne!(again.uuid(), session);
    drop(again);
    // Names that no file should have.
    for odd in ["../../x", "", "a/b", &"x".repeat(4000), "\0"] {
        let _lock = runs.lock_conversation(odd).unwrap().unwrap();
        assert!(runs.lock_conversation(odd).unwrap().is_none());
    }
    assert!(!home.path().join("x").exists());
}

#[test]
fn a_reserved_id_is_for_one_run() {
    let home = Home::new();
    let runs = home.open();
    let reserved = runs.reserve("codex", "later", None).unwrap();
    assert!(reserved.id.as_str().ends_with("-cx-01-later"));
    // An agent's tool that writes files refuses to replace one that it has not read.
    assert!(!reserved.prompt.exists());
    std::fs::write(&reserved.prompt, "do it").unwrap();
    assert_eq!(runs.prompt_of(&reserved.prompt), Some(reserved.id.clone()));
    let other = runs.adopt(&reserved.id, new(b"do it")).unwrap_err();
    assert!(matches!(other, AdoptError::OtherBackend { ref backend, .. } if backend == "codex"), "{other}");
    let ours = || handoff_runs::NewRun { backend: "codex", ..new(b"do it") };
    let run = runs.adopt(&reserved.id, ours()).unwrap();
    assert_eq!((run.id(), row(&runs, "1").id), (&reserved.id, reserved.id.clone()));
    assert!(matches!(runs.adopt(&reserved.id, ours()).unwrap_err(), AdoptError::Dispatched(_)));
    finish(run, &success(b""));
    assert!(matches!(runs.adopt(&reserved.id, ours()).unwrap_err(), AdoptError::Dispatched(_)));
    assert_eq!(runs.prompt_of(&reserved.prompt), Some(reserved.id.clone()));
    assert_eq!(std::fs::read(&reserved.prompt).unwrap(), b"do it");
    // With its prompt.
    let written = runs.reserve("codex", "later", Some(b"now")).unwrap();
    assert_eq!(std::fs::read(&written.prompt).unwrap(), b"now");
    assert_ne!(written.id, reserved.id);
    assert_eq!(runs.begin(new(b"x")).unwrap().id().as_str().split('-').nth(2), Some("03"));
}

#[test]
fn a_hand_made_prompt_has_nobodys_id() {
    let home = Home::new();
    let runs = home.open();
    for name in ["1231-fa-ZZ-hand-made.prompt.md", "261121-ds-01-x.prompt.md", "notes.md"] {
        let path = home.path().join("tasks").join(name);
        std::fs::write(&path, "x").unwrap();
        assert_eq!(runs.prompt_of(&path), None, "{name}");
    }
    let reserved = runs.reserve("codex", "x", Some(b"x")).unwrap();
    let copy = home.path().join(reserved.prompt.file_name().unwrap());
    std::fs::copy(&reserved.prompt, &copy).unwrap();
    assert_eq!(runs.prompt_of(&copy), None);
}

/// handoff-cli's `new` makes the file, and its day's counter says which numbers it gave out.
#[test]
fn an_id_that_handoff_cli_reserved_is_for_one_run() {
    let home = Home::new();
    let runs = home.open();
    let file = |name: &str| {
        let path = home.path().join("tasks").join(format!("{name}.prompt.md"));
        std::fs::write(&path, "do it").unwrap();
        path
    };
    let list = home.list();
    list.execute("INSERT INTO run_counters (day, last_n) VALUES ('2026-11-30', 100), ('all', 1035)", [])
        .unwrap();
    let path = file("1130-cx-A0-from-file");
    let id = runs.prompt_of(&path).expect("its number was given out");
    assert_eq!(id.as_str(), "1130-cx-A0-from-file");
    // Hand-made: of a later number, of a day without any, and of no form of an id.
    for name in [
        "1130-cx-A1-x",
        "1129-cx-01-x",
        "1130-cx-00-x",
        "1130-cx-0a-x",
        "1130-cx-01",
        "%%30-cx-01-x",
        "113_-cx-01-x",
    ] {
        assert_eq!(runs.prompt_of(&file(name)), None, "{name}");
    }
    // Another backend leaves it reserved.
    let other = runs.adopt(&id, new(b"do it")).unwrap_err();
    assert!(matches!(other, AdoptError::OtherLetters { ref letters, .. } if letters == "cx"), "{other}");
    let ours = || handoff_runs::NewRun { backend: "codex", ..new(b"do it") };
    let run = runs.adopt(&id, ours()).unwrap();
    assert_eq!((run.id(), row(&runs, "1130-cx-A0").number), (&id, 100));
    assert!(matches!(runs.adopt(&id, ours()).unwrap_err(), AdoptError::Dispatched(_)));
    finish(run, &success(b""));
    assert!(matches!(runs.adopt(&id, ours()).unwrap_err(), AdoptError::Dispatched(_)));
    assert_eq!(std::fs::read(&path).unwrap(), b"do it");
    // A number of the day that a run of handoff-cli's has is not one of a prompt that waits.
    let taken = "UPDATE runs SET run_id = '1130-ds-07-its', run_day = '2026-11-30', seq = 7";
    assert_eq!(list.execute(taken, []).unwrap(), 1);
    assert_eq!(runs.prompt_of(&file("1130-cx-07-x")), None);
}

#[test]
fn numbers_and_ids_are_never_given_twice() {
    let home = Home::new();
    let runs = home.open();
    let code = |run: &handoff_runs::Run<'_>| run.id().as_str().split('-').nth(2).unwrap().to_owned();
    let first = runs.begin(new(b"x")).unwrap();
    // Someone resets the counter, and then loses the list.
    home.list().execute("DELETE FROM run_counters", []).unwrap();
    let second = runs.begin(new(b"x")).unwrap();
    assert_eq!((code(&first), code(&second)), ("01".to_owned(), "02".to_owned()));
    drop(runs.reserve("deepseek", "Fix the login page", None).unwrap());
    let other = Home::new();
    for name in ["tasks", "runs"] {
        std::fs::create_dir_all(other.path().join(name)).unwrap();
        for entry in std::fs::read_dir(home.path().join(name)).unwrap() {
            let entry = entry.unwrap();
            if !entry.file_name().to_string_lossy().starts_with("handoff.db") {
                std::fs::copy(entry.path(), other.path().join(name).join(entry.file_name())).unwrap();
            }
        }
    }
    let anew = other.open();
    assert_eq!(code(&anew.begin(new(b"x")).unwrap()), "04");
}

#[test]
fn the_list_goes_on_after_zz() {
    let home = Home::new();
    let runs = home.open();
    drop(runs.begin(new(b"x")).unwrap());
    home.list().execute("UPDATE run_counters SET last_n = 1034", []).unwrap();
    let ids: Vec<String> = (0..3).map(|_| runs.begin(new(b"x")).unwrap().id().to_string()).collect();
    let codes: Vec<&str> = ids.iter().map(|id| id.split('-').nth(2).unwrap()).collect();
    assert_eq!(codes, ["ZZ", "A00", "A01"]);
    assert_eq!(row(&runs, "1037").id.as_str(), ids[2]);
}
