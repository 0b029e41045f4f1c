//! Which run a command without an ID is about.

use std::path::Path;

use tests::{Ran, feed};

use crate::support::{DONE, Stage, announced, wait_until};

impl Stage {
    /// Runs `handoff` in the directory `at`.
    fn handoff_at(&self, at: &Path, args: &[&str]) -> Ran {
        let mut command = self.command(args);
        command.current_dir(at);
        feed(command, b"")
    }
}

#[test]
fn without_an_id_only_runs_of_this_worktree_are_meant() {
    let stage = Stage::done();
    let (elsewhere, _) = announced(&stage.handoff(&["run", "--text", "a"]));
    let other = stage.world.repo("other");
    let directory = stage.world.dir("other/not/there/yet");
    let plain = stage.world.dir("plain");
    let before = stage.got().len();
    for at in [&other, &directory, &plain] {
        for args in [&["resume", "--text", "delete it"][..], &["tail"], &["tail", "-f"], &["open"], &["wait"]]
        {
            let top = if at == &plain { &plain } else { &other };
            let refusal = format!(
                "agent-handoff: no run has worked in this worktree ({}); say which one is meant:\n  {elsewhere} in {}\n",
                top.display(),
                stage.repo.display()
            );
            stage.handoff_at(at, args).is(1, "", &refusal);
        }
        let stop = stage.handoff_at(at, &["stop"]);
        assert_eq!((stop.code, stop.out()), (1, ""));
        assert!(
            stop.err().starts_with("agent-handoff: no run is at work in this worktree ("),
            "{}",
            stop.err()
        );
    }
    assert_eq!(stage.got().len(), before, "an agent was started in another project");
    assert_eq!(stage.list().len(), 1);
    // An ID is enough anywhere, and the run goes on where it was.
    announced(&stage.handoff_at(&other, &["resume", &elsewhere, "--text", "b"]));
    assert_eq!(stage.last("cwd").trim(), stage.repo.to_str().unwrap());
}

#[test]
fn the_newest_run_of_this_worktree_is_meant_also_from_below_and_where_others_are_newer() {
    let stage = Stage::done();
    let below = stage.world.dir("app/src/deep");
    let inner = stage.world.repo("app/inner");
    let linked = stage.world.path("linked");
    stage.world.git(&stage.repo, &["worktree", "add", "-q", linked.to_str().unwrap()]);
    announced(&stage.handoff(&["run", "--slug", "first", "--text", "a"]));
    let (mine, _) = announced(&stage.handoff_at(&below, &["run", "--slug", "mine", "--text", "a"]));
    // A repository inside of this one, another worktree of it, and one that was asked for from here.
    announced(&stage.handoff_at(&inner, &["run", "--text", "a"]));
    announced(&stage.handoff_at(&linked, &["run", "--text", "a"]));
    announced(&stage.handoff(&["run", "--cwd", inner.to_str().unwrap(), "--text", "a"]));
    for at in [&stage.repo, &below] {
        announced(&stage.handoff_at(at, &["resume", "--text", "b"]));
        assert_eq!(stage.last("cwd").trim(), below.to_str().unwrap());
        assert!(stage.handoff_at(at, &["tail"]).out().ends_with("\nIt is done.\n"));
        assert!(stage.handoff_at(at, &["wait"]).out().contains(" success RESULT="));
    }
    let session = |id: &str| {
        let rows = stage.list();
        rows.iter().find(|row| row["id"] == id).unwrap()["session"].as_str().unwrap().to_owned()
    };
    assert!(stage.last("args").contains(&format!("--resume\n{}\n", session(&mine))));
    // A directory that is gone belongs to no worktree.
    std::fs::remove_dir_all(&below).unwrap();
    announced(&stage.handoff(&["resume", "--text", "c"]));
    assert_eq!(stage.last("cwd").trim(), stage.repo.to_str().unwrap());
}

#[test]
fn an_empty_id_is_no_run() {
    let stage = Stage::done();
    announced(&stage.handoff(&["run", "--text", "a"]));
    for args in
        [&["resume", "", "--text", "b"][..], &["tail", ""], &["open", " "], &["stop", ""], &["wait", ""]]
    {
        stage.handoff(args).is(2, "", "agent-handoff: the ID of the run is empty\n");
    }
    assert_eq!(stage.list().len(), 1);
}

#[test]
fn without_an_id_the_newest_that_works_in_this_worktree_is_stopped_and_waited_for() {
    let stage = Stage::new(&format!("while [ ! -e ../go ]; do sleep 0.02; done; {DONE}"));
    let other = stage.world.repo("other");
    let mut first = stage.start(&["run", "--text", "a"]);
    let ready = |count| {
        wait_until("the backends run", || {
            stage.got().iter().filter(|got| got.join("ready").exists()).count() == count
        });
    };
    ready(1);
    let id = stage.row()["id"].as_str().unwrap().to_owned();
    let mut elsewhere = stage.start(&["run", "--cwd", other.to_str().unwrap(), "--text", "a"]);
    ready(2);
    let by = stage.row()["id"].as_str().unwrap().to_owned();
    // What works elsewhere is neither stopped nor waited for.
    stage.handoff(&["stop"]).is(0, &format!("{id}: interrupted\n"), "");
    assert_eq!(first.ends(), 143);
    let stop = stage.handoff(&["stop"]);
    assert_eq!(stop.code, 1);
    assert!(stop.err().ends_with(&format!("\n  {by} in {}\n", other.display())), "{}", stop.err());
    let wait = stage.handoff(&["wait"]);
    assert!(wait.code == 1 && wait.out().starts_with(&format!("{id} interrupted ")), "{}", wait.out());
    std::fs::write(stage.world.path("go"), "").unwrap();
    assert_eq!(elsewhere.ends(), 0);
}
