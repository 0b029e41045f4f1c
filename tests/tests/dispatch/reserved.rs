//! `handoff new`: an id and a file for a run to come, exactly once.

use std::collections::BTreeSet;

use tests::Ran;

use crate::support::{Stage, announced};

#[track_caller]
fn path(ran: &Ran) -> String {
    assert_eq!((ran.code, ran.err()), (0, ""));
    ran.out().trim_end_matches('\n').to_owned()
}

#[test]
fn a_reserved_id_is_taken_by_its_run() {
    let stage = Stage::done();
    let file = path(&stage.handoff(&["new", "--slug", "write docs"]));
    assert!(!std::path::Path::new(&file).exists());
    assert!(stage.list().is_empty());
    // Nobody wrote the prompt yet, which uses nothing up.
    let words = format!("agent-handoff: write the prompt to {file} first\n");
    stage.handoff(&["run", &file]).is(2, "", &words);
    std::fs::write(&file, "write the docs").unwrap();
    let (id, _) = announced(&stage.handoff(&["run", &file]));
    assert_eq!(stage.home().join("tasks").join(format!("{id}.prompt.md")), std::path::Path::new(&file));
    assert!(id.ends_with("write-docs"), "{id}");
    assert_eq!(stage.last("input"), "write the docs");
    let again = stage.handoff(&["run", &file]);
    again.is(2, "", &format!("agent-handoff: {id} was dispatched already; make a new one: handoff new\n"));
    assert_eq!((stage.list().len(), stage.got().len()), (1, 1));
}

#[test]
fn a_prompt_is_written_at_once_and_is_for_its_backend() {
    let stage = Stage::done();
    let prompt = b"write\0it \xff";
    let file = path(&tests::feed(stage.command(&["new", "--write", "--backend", "cx"]), prompt));
    assert_eq!(std::fs::read(&file).unwrap(), prompt);
    let other = stage.handoff(&["run", "--backend", "ds", &file]);
    assert!(other.code == 2 && other.out().is_empty(), "{}", other.out());
    assert!(other.err().contains("was made for the backend cx; run it with --backend cx"), "{}", other.err());
    announced(&stage.handoff(&["run", &file]));
    assert_eq!(stage.row()["backend"], "cx");
    assert_eq!(std::fs::read(stage.got()[0].join("input")).unwrap(), prompt);
    assert_eq!(stage.handoff(&["new", "--write"]).code, 2);
    assert_eq!(stage.handoff(&["new", "--backend", "nobody"]).code, 2);
}

#[test]
fn of_many_that_dispatch_one_file_one_does() {
    let stage = Stage::done();
    let file = path(&tests::feed(stage.command(&["new", "--write"]), b"once"));
    let ran: Vec<Ran> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..6).map(|_| scope.spawn(|| stage.handoff(&["run", &file]))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let mut codes: Vec<i32> = ran.iter().map(|ran| ran.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 2, 2, 2, 2, 2]);
    assert_eq!((stage.list().len(), stage.got().len()), (1, 1));
}

#[test]
fn a_file_of_that_name_that_nobody_reserved_is_a_file() {
    let stage = Stage::done();
    announced(&stage.handoff(&["run", "--text", "x"]));
    let file = stage.home().join("tasks/1231-fa-ZZ-hand-made.prompt.md");
    std::fs::write(&file, "x").unwrap();
    let (id, _) = announced(&stage.handoff(&["run", file.to_str().unwrap()]));
    assert!(!id.contains("hand-made"), "{id}");
}

#[test]
fn a_prompt_that_handoff_cli_reserved_keeps_its_id() {
    let stage = Stage::done();
    announced(&stage.handoff(&["run", "--text", "x"]));
    // What its `new --backend ds --write` leaves.
    stage.change("INSERT INTO run_counters (day, last_n) VALUES ('2026-11-30', 10)");
    let file = stage.home().join("tasks/1130-ds-10-write-docs.prompt.md");
    std::fs::write(&file, "write the docs").unwrap();
    let file = file.to_str().unwrap();
    let other = stage.handoff(&["run", "--backend", "cx", file]);
    let words = "agent-handoff: 1130-ds-10-write-docs was made for a backend that ids call ds, not for cx; choose that one with \
                 --backend\n";
    other.is(2, "", words);
    let (id, result) = announced(&stage.handoff(&["run", file]));
    assert_eq!(id, "1130-ds-10-write-docs");
    assert_eq!(result, stage.home().join("tasks/1130-ds-10-write-docs.result.md"));
    assert_eq!((stage.last("input").as_str(), stage.row()["number"].as_u64()), ("write the docs", Some(10)));
    let again = stage.handoff(&["run", file]);
    again.is(2, "", &format!("agent-handoff: {id} was dispatched already; make a new one: handoff new\n"));
}

#[test]
fn twenty_at_once_on_a_fresh_home_have_ids_of_their_own() {
    let stage = Stage::done();
    let ran: Vec<Ran> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..20)
            .map(|_| scope.spawn(|| stage.handoff(&["run", "--slug", "same", "--text", "x"])))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let ids: BTreeSet<String> = ran
        .iter()
        .map(|ran| {
            assert_eq!(ran.code, 0, "{}", ran.err());
            assert!(!ran.err().contains("warning"), "{}", ran.err());
            announced(ran).0
        })
        .collect();
    assert_eq!(ids.len(), 20);
    let rows = stage.list();
    assert!(rows.len() == 20 && rows.iter().all(|row| row["state"] == "success"));
    let numbers: BTreeSet<u64> = rows.iter().map(|row| row["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=20).collect());
}

#[test]
fn the_same_day_a_year_later_has_ids_of_its_own() {
    let stage = Stage::done();
    let (id, file) = announced(&stage.handoff(&["run", "--text", "x"]));
    // The same run a year ago, and the list of then is lost, so that numbers begin anew.
    let year: u32 = id[..2].parse().unwrap();
    let old = format!("{:02}{}", year - 1, &id[2..]);
    for path in stage.files() {
        let name = path.file_name().unwrap().to_str().unwrap().replace(&id, &old);
        std::fs::rename(&path, path.with_file_name(name)).unwrap();
    }
    std::fs::remove_file(stage.home().join("runs/handoff.db")).unwrap();
    let (again, _) = announced(&stage.handoff(&["run", "--text", "x"]));
    assert_eq!(again, id, "the number is the same, the year is not");
    assert!(file.is_file() && file.with_file_name(format!("{old}.result.md")).is_file());
    // On the same day only the files that are there tell which ids were given.
    std::fs::remove_file(stage.home().join("runs/handoff.db")).unwrap();
    let (third, _) = announced(&stage.handoff(&["run", "--text", "x"]));
    assert_ne!(third, id);
}
