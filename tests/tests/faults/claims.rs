//! Claims of others: of the bash program, of hooks that died, of hooks in other containers.

use std::io::{PipeReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tests::{can, feed, has, is_root};

use crate::support::{Ends, Mount, Place, Sample, Stage, age, samples, wait_until, wrapped};

/// Renames the handoff to the claim `pid` of it.
fn claim(stage: &Stage, sample: &Sample, pid: &str) -> PathBuf {
    let claim = stage.unread().join(format!(".claim-{pid}-{}", sample.name()));
    std::fs::rename(stage.unread().join(sample.name()), &claim).unwrap();
    claim
}

/// A process that lives as long as the test, and does nothing.
fn sleeper() -> Ends {
    Ends(Command::new("sleep").arg("600").spawn().unwrap())
}

/// The process id of somebody who is dead.
fn dead() -> u32 {
    let mut child = Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    child.id()
}

#[test]
fn a_bash_claim_of_a_live_process_is_left_alone() {
    let stage = Stage::new();
    let samples = samples(2, true);
    stage.plant(&samples);
    let owner = sleeper();
    let claimed = claim(&stage, &samples[0], &owner.0.id().to_string());
    let ran = stage.session();
    assert_eq!((samples[0].shown_in(&ran.out), samples[1].shown_in(&ran.out)), (0, 1));
    assert!(!ran.out().contains("more"), "{}", ran.out());
    assert_eq!(std::fs::read_to_string(&claimed).unwrap(), samples[0].text);
    // Neither does anybody else touch it.
    let ran = stage.reads();
    assert_eq!((samples[0].shown_in(&ran.out), samples[1].shown_in(&ran.out)), (0, 1));
    stage.session().is_silent();
    assert_eq!(stage.reads().out(), "nothing unread for app\n");
    drop(owner);
    let ran = stage.session();
    assert_eq!((samples[0].shown_in(&ran.out), samples[1].shown_in(&ran.out)), (1, 0));
    assert_eq!(samples[0].shown_in(&stage.reads().out), 1);
    stage.all_archived(&samples);
}

#[test]
fn a_bash_claim_of_a_dead_process_is_recovered_under_its_own_name() {
    let stage = Stage::new();
    let samples = samples(1, true);
    stage.plant(&samples);
    claim(&stage, &samples[0], &dead().to_string());
    let ran = stage.session();
    assert_eq!(samples[0].shown_in(&ran.out), 1);
    stage.is_taken(&samples);
    assert!(stage.read().join(samples[0].name()).is_file());
    assert_eq!(std::fs::read_dir(stage.unread()).unwrap().count(), 0);
    stage.session().is_silent();
}

#[test]
fn a_claim_of_process_0_is_left_alone() {
    let stage = Stage::new();
    let samples = samples(1, true);
    stage.plant(&samples);
    let claimed = claim(&stage, &samples[0], "0");
    stage.session().is_silent();
    assert_eq!(std::fs::read_to_string(claimed).unwrap(), samples[0].text);
}

#[test]
fn a_bash_claim_is_recovered_after_an_hour_although_some_process_has_its_id() {
    let stage = Stage::new();
    // Nowhere else can the time of an inode's last change be set: here it is the file's modification time.
    let Some(_disk) = Mount::exfat(&stage.world.root(), &stage.world.path("image")) else { return };
    let samples = samples(1, true);
    stage.plant(&samples);
    let owner = sleeper();
    let claimed = claim(&stage, &samples[0], &owner.0.id().to_string());
    age(&claimed, Duration::from_secs(3_000));
    stage.session().is_silent();
    assert!(claimed.exists());
    age(&claimed, Duration::from_secs(4_000));
    assert_eq!(stage.recovers(&samples, b""), (0, 0));
    drop(owner);
}

#[test]
fn our_own_claim_is_recovered_at_once_although_its_id_is_now_another_live_process_s() {
    let stage = Stage::new();
    let samples = samples(1, true);
    stage.plant(&samples);
    let owner = sleeper();
    claim(&stage, &samples[0], &format!("{:010}", owner.0.id()));
    assert_eq!(stage.recovers(&samples, b""), (0, 0));
    drop(owner);
}

/// `command` as the first process of a PID namespace: the only ids there are tiny.
fn in_a_container(command: &Command) -> Command {
    wrapped("unshare", &["--fork", "--pid", "--mount-proc", "--kill-child"], command)
}

fn can_contain() -> bool {
    let works =
        || Command::new("unshare").args(["-fp", "--mount-proc", "true"]).status().is_ok_and(|s| s.success());
    can("make a PID namespace", is_root() && has("unshare") && works())
}

/// A program that stopped in the middle of its message, whose output nobody reads.
struct Stuck {
    child: Child,
    reader: PipeReader,
    /// What was in the pipe before.
    full: usize,
}

impl Stuck {
    /// A reader, which holds its claims.
    fn reading(stage: &Stage, reader: Command) -> Self {
        let stuck = Self::new(reader);
        wait_until("the reader claimed everything", || {
            names(&stage.unread()).iter().all(|name| name.starts_with(".claim-"))
        });
        stuck
    }

    fn new(mut program: Command) -> Self {
        use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
        let (reader, mut writer) = std::io::pipe().unwrap();
        let flags = fcntl_getfl(&writer).unwrap();
        fcntl_setfl(&writer, flags | OFlags::NONBLOCK).unwrap();
        let mut full = 0;
        while let Ok(written) = writer.write(&[b'.'; 4096]) {
            full += written;
        }
        fcntl_setfl(&writer, flags).unwrap();
        let child = program.stdout(writer).stderr(Stdio::null()).spawn().unwrap();
        // The command would keep the pipe open.
        drop(program);
        Self { child, reader, full }
    }

    /// Kills it, and gives what it printed.
    fn killed(mut self) -> Vec<u8> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let mut out = Vec::new();
        self.reader.read_to_end(&mut out).unwrap();
        out.split_off(self.full)
    }

    /// Reads what it prints and lets it end.
    fn released(mut self) -> Vec<u8> {
        let mut out = Vec::new();
        self.reader.read_to_end(&mut out).unwrap();
        assert!(self.child.wait().unwrap().success());
        out.split_off(self.full)
    }
}

fn names(dir: &Path) -> Vec<String> {
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_reader_that_nobody_reads_from_keeps_its_claims_until_it_ends() {
    let stage = Stage::new();
    let samples = samples(2, true);
    stage.plant(&samples);
    let stuck = Stuck::reading(&stage, stage.reader());
    stage.session().is_silent();
    assert_eq!(stage.places(&samples), [Place::Claimed; 2]);
    let out = stuck.released();
    assert!(samples.iter().all(|sample| sample.shown_in(&out) == 1));
    stage.all_archived(&samples);
    stage.session().is_silent();
}

#[test]
fn a_hook_that_nobody_reads_from_holds_nothing() {
    let stage = Stage::new();
    let samples = samples(2, true);
    stage.plant(&samples);
    let stuck = Stuck::new(stage.hook());
    let offers = stage.inbox.join("offers");
    wait_until("both are offered", || {
        samples
            .iter()
            .all(|sample| std::fs::metadata(offers.join(sample.name())).is_ok_and(|file| file.len() > 0))
    });
    let ran = stage.session();
    assert!(samples.iter().all(|sample| sample.is_again_in(&ran.out)), "{}", ran.out());
    assert_eq!(stage.places(&samples), [Place::Unread; 2]);
    stage.is_taken(&samples);
    let out = stuck.released();
    assert!(samples.iter().all(|sample| sample.shown_in(&out) == 1));
    stage.all_archived(&samples);
}

#[test]
fn a_stopped_reader_keeps_its_claims_until_it_is_killed() {
    let stage = Stage::new();
    let samples = samples(2, true);
    stage.plant(&samples);
    let stuck = Stuck::reading(&stage, stage.reader());
    let pid = rustix::process::Pid::from_child(&stuck.child);
    rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();
    stage.session().is_silent();
    assert_eq!(stage.places(&samples), [Place::Claimed; 2]);
    let out = stuck.killed();
    assert_eq!(stage.recovers(&samples, &out), (0, 0));
}

#[test]
fn a_live_reader_is_respected_from_another_pid_namespace_and_taken_over_from_when_it_dies() {
    if !can_contain() {
        return;
    }
    let stage = Stage::new();
    let samples = samples(2, true);
    stage.plant(&samples);
    let stuck = Stuck::reading(&stage, stage.reader());
    feed(in_a_container(&stage.hook()), b"").is_silent();
    assert_eq!(stage.places(&samples), [Place::Claimed; 2]);
    assert!(stuck.killed().is_empty());
    for program in [stage.hook(), stage.reader()] {
        let ran = feed(in_a_container(&program), b"");
        assert!(samples.iter().all(|sample| sample.shown_in(&ran.out) == 1), "{}", ran.out());
    }
    stage.all_archived(&samples);
}

#[test]
fn readers_that_have_the_same_id_in_their_namespaces_respect_and_inherit_each_other_s_claims() {
    if !can_contain() {
        return;
    }
    let stage = Stage::new();
    let samples = samples(2, true);
    stage.plant(&samples);
    let stuck = Stuck::reading(&stage, in_a_container(&stage.reader()));
    let held = names(&stage.unread());
    assert!(held.iter().all(|name| name.starts_with(".claim-0000000001-")), "{held:?}");
    // From inside another, and from outside of any.
    feed(in_a_container(&stage.hook()), b"").is_silent();
    stage.session().is_silent();
    assert_eq!(stage.places(&samples), [Place::Claimed; 2]);

    stuck.killed();
    let mut ran = feed(in_a_container(&stage.reader()), b"");
    // The namespace's first process may outlive the one that made it by an instant.
    wait_until("the dead reader's claims are free", || {
        if !ran.out().contains("UNTRUSTED") {
            ran = feed(in_a_container(&stage.reader()), b"");
        }
        ran.out().contains("UNTRUSTED")
    });
    assert!(samples.iter().all(|sample| sample.shown_in(&ran.out) == 1), "{}", ran.out());
    stage.all_archived(&samples);
    assert_eq!(names(&stage.unread()), Vec::<String>::new());
}

#[test]
fn a_temporary_file_is_swept_when_it_is_old_and_nobody_has_it() {
    let stage = Stage::new();
    stage.plant(&[]);
    let (young, old, held) = (
        stage.unread().join(".tmp-young"),
        stage.unread().join(".tmp-old"),
        stage.unread().join(".tmp-held"),
    );
    for path in [&young, &old, &held] {
        std::fs::write(path, "half a hand").unwrap();
    }
    age(&old, Duration::from_secs(4_000));
    age(&held, Duration::from_secs(4_000));
    let writer = std::fs::File::open(&held).unwrap();
    rustix::fs::flock(&writer, rustix::fs::FlockOperation::LockExclusive).unwrap();
    stage.session().is_silent();
    assert_eq!((young.exists(), old.exists(), held.exists()), (true, false, true));
    drop(writer);
    stage.session().is_silent();
    assert_eq!((young.exists(), held.exists()), (true, false));
}
