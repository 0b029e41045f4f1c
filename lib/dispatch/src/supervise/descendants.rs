//! What a process has started, also in sessions and groups of their own.
//!
//! A guard takes up the processes that are left behind below it, so all of a backend's are found by their parents. Where
//! the system shows no processes in `/proc`, none are found.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use handoff_files::Dir;
use rustix::process::{Pid, Signal};

/// How often to look for processes that were started meanwhile.
const ROUNDS: usize = 20;

/// How long a killed process may take to end before the next look.
const PAUSE: Duration = Duration::from_millis(10);

/// As much of `/proc/<pid>/stat` as has the parent, in bytes.
const STAT_BYTES: u64 = 4 << 10;

/// Kills all descendants of `root`, not `root` itself.
pub(crate) fn end(root: Pid) {
    for _ in 0..ROUNDS {
        let all = of(root);
        if all.is_empty() {
            return;
        }
        for process in all {
            // It may be gone.
            let _ = rustix::process::kill_process(process, Signal::KILL);
        }
        std::thread::sleep(PAUSE);
    }
}

/// The living descendants of `root`.
fn of(root: Pid) -> Vec<Pid> {
    let mut children: HashMap<i32, Vec<(i32, bool)>> = HashMap::new();
    for (process, parent, is_alive) in processes() {
        children.entry(parent).or_default().push((process, is_alive));
    }
    let mut all = Vec::new();
    let mut next = vec![root.as_raw_nonzero().get()];
    while let Some(parent) = next.pop() {
        for (process, is_alive) in children.remove(&parent).unwrap_or_default() {
            next.push(process);
            all.extend(Pid::from_raw(process).filter(|_| is_alive));
        }
    }
    all
}

/// Every process, its parent, and whether it is alive.
fn processes() -> Vec<(i32, i32, bool)> {
    let entries = match Dir::open(Path::new("/proc")) {
        Ok(Some(dir)) => dir.entries().unwrap_or_default(),
        _ => Vec::new(),
    };
    let read = |name: &std::ffi::OsStr| {
        let process: i32 = name.to_str()?.parse().ok()?;
        let path = Path::new("/proc").join(name).join("stat");
        let (stat, _) = handoff_files::read_named(&path, STAT_BYTES).ok()?;
        let (parent, is_alive) = parse_stat(&String::from_utf8_lossy(&stat))?;
        Some((process, parent, is_alive))
    };
    entries.iter().filter_map(|entry| read(&entry.name)).collect()
}

/// The parent in a line of `/proc/<pid>/stat`, and whether the process is alive. The name before them may hold anything.
fn parse_stat(stat: &str) -> Option<(i32, bool)> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    Some((fields.next()?.parse().ok()?, !matches!(state, "Z" | "X")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_pass_for_the_fields_behind_it() {
        assert_eq!(parse_stat("12 (sh) S 7 12 12 0"), Some((7, true)));
        assert_eq!(parse_stat("12 (a) Z 1 (b) S 7 12"), Some((7, true)));
        assert_eq!(parse_stat("12 (a) b) Z 7 12"), Some((7, false)));
        assert_eq!(parse_stat("12 (a"), None);
        assert_eq!(parse_stat(""), None);
    }
}
