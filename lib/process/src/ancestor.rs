//! The process that runs us, and whether a process is still the one that it was.

use std::io::Read;
use std::path::{Path, PathBuf};

use rustix::process::Pid;

/// The shells that hosts run hook commands with. One that stays beside its command is not the host.
const SHELLS: [&str; 8] = ["sh", "bash", "dash", "ash", "zsh", "ksh", "fish", "busybox"];

/// How many of them may stand between a host and its hook.
const MAX_SHELLS: usize = 3;

/// A process that is distinguished from a later one with the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessId {
    /// Its id.
    pub pid: u32,
    /// When it started, in clock ticks since the system did; 0 where the system does not say.
    pub started: u64,
}

/// How many processes may stand between an agent and a command in its shell.
const MAX_ANCESTORS: usize = 64;

/// The line of `/proc/<pid>/stat`, as far as it is needed.
struct Stat {
    name: String,
    is_dead: bool,
    parent: u32,
    started: u64,
}

impl ProcessId {
    /// The process `pid`; `None` when there is none.
    pub fn of(pid: u32) -> Option<Self> {
        match Stat::read(pid) {
            Some(stat) => (!stat.is_dead).then_some(Self { pid, started: stat.started }),
            None => exists(pid).then_some(Self { pid, started: 0 }),
        }
    }

    /// The process that runs this one as a hook: the parent, and where that is a shell that was started for this
    /// command alone, the shell's parent.
    pub fn host() -> Option<Self> {
        let mut pid = rustix::process::getppid()?.as_raw_pid().try_into().ok()?;
        for _ in 0..MAX_SHELLS {
            let Some(stat) = Stat::read(pid) else { break };
            if !SHELLS.contains(&stat.name.as_str()) || !runs_one_command(&arguments(pid)) {
                return (!stat.is_dead).then_some(Self { pid, started: stat.started });
            }
            pid = stat.parent;
        }
        Self::of(pid)
    }

    /// Whether it still runs.
    pub fn is_running(self) -> bool {
        match Stat::read(self.pid) {
            Some(stat) => !stat.is_dead && (self.started == 0 || stat.started == self.started),
            None => exists(self.pid),
        }
    }

    /// Its command line, as far as it is readable.
    pub fn arguments(self) -> Vec<String> {
        arguments(self.pid)
    }
}

/// The working directory of the process `pid`, when that runs this one, directly or through others. `None` where it does
/// not, and where the system does not say.
pub fn directory_of_ancestor(pid: u32) -> Option<PathBuf> {
    let mut ancestor = rustix::process::getppid()?.as_raw_pid().try_into().ok()?;
    for _ in 0..MAX_ANCESTORS {
        if ancestor == pid {
            return std::fs::read_link(format!("/proc/{pid}/cwd")).ok();
        }
        ancestor = Stat::read(ancestor)?.parent;
    }
    None
}

/// Where process ids mean the same: this boot of the system, and this PID namespace. Empty where the system does not
/// say, as outside of Linux, where there is but one.
pub fn process_space() -> String {
    let boot = read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let boot = String::from_utf8_lossy(&boot);
    let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let digits: String = namespace.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
    let boot = boot.trim_end().split('-').next().unwrap_or_default();
    if boot.is_empty() && digits.is_empty() { String::new() } else { format!("{boot}-{digits}") }
}

impl Stat {
    /// `pid (name) state ppid … starttime …`, the name of which may hold anything.
    fn read(pid: u32) -> Option<Self> {
        Self::parse(&String::from_utf8_lossy(&read(format!("/proc/{pid}/stat"))?))
    }

    fn parse(line: &str) -> Option<Self> {
        let (before, after) = line.rsplit_once(") ")?;
        let name = before.split_once(" (")?.1.to_owned();
        let mut fields = after.split(' ');
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        // Field 22 of the line; the state is the third.
        let started = fields.nth(17)?.parse().ok()?;
        Some(Self { name, is_dead: matches!(state, "Z" | "X"), parent, started })
    }
}

fn arguments(pid: u32) -> Vec<String> {
    let line = read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = line.split(|&byte| byte == 0).map(|word| String::from_utf8_lossy(word).into_owned());
    words.filter(|word| !word.is_empty()).collect()
}

/// Whether this is the command line of a shell that runs one program and nothing else: `sh -c <program …>`.
fn runs_one_command(arguments: &[String]) -> bool {
    let own = std::env::current_exe().unwrap_or_default();
    let own = own.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let Some(command) = arguments.iter().position(|word| word.starts_with('-') && word.ends_with('c')) else {
        return false;
    };
    let Some(command) = arguments.get(command + 1) else { return false };
    let program = command.split_whitespace().next().unwrap_or_default().trim_matches(['\'', '"']);
    Path::new(program).file_name().is_some_and(|name| *name == *own)
        && !command.contains([';', '&', '|', '\n'])
}

/// A file of `/proc`, which has no size before it is read: with room for it from the start one read is enough.
fn read(path: impl AsRef<Path>) -> Option<Vec<u8>> {
    let mut content = Vec::with_capacity(4 << 10);
    std::fs::File::open(path).ok()?.read_to_end(&mut content).ok()?;
    Some(content)
}

fn exists(pid: u32) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
    rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_the_fields_behind_it() {
        let rest: Vec<String> = (5..=52).map(|field| field.to_string()).collect();
        let stat = Stat::parse(&format!("7 (a) Z 1 (b) S 3 {}", rest.join(" "))).unwrap();
        assert_eq!(
            (stat.name.as_str(), stat.is_dead, stat.parent, stat.started),
            ("a) Z 1 (b", false, 3, 22)
        );
        assert!(Stat::parse("7 (a) Z 1").is_none() && Stat::parse("").is_none());
    }

    #[test]
    fn a_process_is_itself_and_a_dead_one_is_gone() {
        let own = ProcessId::of(std::process::id()).unwrap();
        assert!(own.is_running());
        assert!(!ProcessId { started: own.started + 1, ..own }.is_running() || own.started == 0);
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let id = ProcessId::of(child.id());
        child.wait().unwrap();
        assert!(id.is_none_or(|id| !id.is_running()) && ProcessId::of(child.id()).is_none());
    }

    #[test]
    fn a_shell_for_one_command_is_no_host() {
        let own = std::env::current_exe().unwrap();
        let own = own.display().to_string();
        let line = |command: &str| runs_one_command(&["sh".to_owned(), "-c".to_owned(), command.to_owned()]);
        assert!(line(&own) && line(&format!("'{own}' --peek")));
        assert!(!line(&format!("{own}; sleep 9")) && !line("claude") && !line(""));
        assert!(!runs_one_command(&["sh".to_owned(), own]) && !runs_one_command(&[]));
    }
}
