//! What the fault tests share.

mod last_resort;
mod sample;
mod stage;
mod trace;

use std::process::{Child, Command};
use std::time::{Duration, Instant};

pub(crate) use last_resort::LastResort;
pub(crate) use sample::{Place, Sample, files, places, samples};
pub(crate) use stage::{Stage, age, says_that_it_is_not_noted, walk};
pub(crate) use tests::Mount;
pub(crate) use tests::can_trace;
pub(crate) use trace::{Call, calls_of, traced};

/// `command` run by `wrapper` (strace, unshare, a shell), which gets `args` before it.
pub(crate) fn wrapped<S: AsRef<std::ffi::OsStr>>(wrapper: &str, args: &[S], command: &Command) -> Command {
    let mut outer = Command::new(wrapper);
    outer.args(args).arg(command.get_program()).args(command.get_args());
    outer.env_clear();
    outer.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(dir) = command.get_current_dir() {
        outer.current_dir(dir);
    }
    outer.stdin(std::process::Stdio::null());
    outer
}

/// `command` where `/dev` is empty: neither random numbers nor a place to throw things away. It can be traced.
pub(crate) fn without_devices(command: &Command) -> Option<Command> {
    const HIDE: [&str; 3] = ["--mount", "sh", "-c"];
    let works = || {
        Command::new("unshare").args(HIDE).arg("mount -t tmpfs none /dev").status().is_ok_and(|s| s.success())
    };
    if !can_trace() || !tests::can("hide /dev", tests::is_root() && tests::has("unshare") && works()) {
        return None;
    }
    let hide = "mount -t tmpfs none /dev && exec \"$0\" \"$@\"";
    Some(wrapped("unshare", &[HIDE.as_slice(), &[hide]].concat(), command))
}

/// Waits until `happened`, for as long as a busy machine may need.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A process that ends with the test, however the test ends.
pub(crate) struct Ends(pub(crate) Child);

impl Drop for Ends {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Numbers that differ from run to run. What they were is in the message of a test that fails.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new() -> Self {
        let seed = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
        eprintln!("dice: {seed}");
        Self(seed)
    }

    /// At least 0 and less than `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
