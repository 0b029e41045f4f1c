//! What saving the work itself costs.

use std::fs;
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Failure;
use crate::cases::Row;
use crate::measure::{beside, peak};
use crate::stage::Stage;

pub(crate) fn all(programs: &Path) -> Result<Vec<Row>, Failure> {
    let (small, large) = (Stage::new(programs, 50)?, Stage::new(programs, 20_000)?);
    Ok(vec![idle(&small)?, hanging(&small)?, capture(&large)?, half_a_gigabyte(programs)?])
}

fn nothing() -> Command {
    let mut command = Command::new("/bin/true");
    command.env_clear();
    command
}

/// What a hook runs, with its payload.
fn event(stage: &Stage) -> Result<Command, Failure> {
    let payload = stage.repo.with_file_name("payload.json");
    if !payload.exists() {
        let text = format!(
            "{{\"hook_event_name\":\"Stop\",\"session_id\":\"s-1\",\"cwd\":{:?},\"transcript_path\":\"/dev/null\"}}",
            stage.repo.to_string_lossy()
        );
        fs::write(&payload, text)?;
    }
    let mut command = stage.command("handover", &["on-event", "--tool", "claude"]);
    command.stdin(fs::File::open(payload)?);
    Ok(command)
}

fn idle(stage: &Stage) -> Result<Row, Failure> {
    event(stage)?;
    let run = || event(stage).unwrap_or_else(|error| panic!("the payload was there a moment ago: {error}"));
    let times = beside(300, || Ok(()), run, nothing)?;
    Ok(Row::ratio("on-event, nothing to do", times, "/bin/true", 4.0))
}

/// A daemon that takes the connection and never answers.
fn hanging(stage: &Stage) -> Result<Row, Failure> {
    let path = stage.repo.with_file_name("hangs.sock");
    let _listener = UnixListener::bind(&path)?;
    let mut slowest = 0;
    for _ in 0..10 {
        let mut command = event(stage)?;
        command.env("OPENUSAGE_TELEMETRY_SOCKET", &path).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        if !command.status()?.success() {
            return Err("on-event fails where a source hangs".into());
        }
        slowest = slowest.max(u64::try_from(start.elapsed().as_micros())?);
    }
    Ok(Row::number("on-event, a source hangs (slowest of 10)", Some(slowest), 150_000, "µs"))
}

fn capture(stage: &Stage) -> Result<Row, Failure> {
    for number in 0..50 {
        let path = stage.repo.join(format!("src{}/file{}.rs", number, number * 200));
        fs::write(path, format!("// {number}\nchanged\n"))?;
    }
    let git = || {
        let mut shell = stage.plain("sh");
        shell.args(["-c", "git status >/dev/null && git diff --binary HEAD >/dev/null"]);
        shell
    };
    let save = || stage.command("handover", &["capture", "--title", "bench"]);
    let times = beside(15, || Ok(()), save, git)?;
    Ok(Row::ratio("capture, 20,000 files, 50 changed", times, "git status + diff", 3.0))
}

/// 500 MB of changes that may be carried.
fn half_a_gigabyte(programs: &Path) -> Result<Row, Failure> {
    let stage = Stage::new(programs, 10)?;
    // Bytes that do not shrink, from a generator that is the same each time.
    let mut state = 1_u64;
    for number in 0..10 {
        let mut file =
            std::io::BufWriter::new(fs::File::create(stage.repo.join(format!("large{number}.bin")))?);
        for _ in 0..50_000_000 / 8 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            file.write_all(&state.to_le_bytes())?;
        }
        file.flush()?;
    }
    fs::create_dir(stage.repo.join(".handover"))?;
    fs::write(
        stage.repo.join(".handover/config.toml"),
        "[capture]\nmax_file_bytes = 100000000\nmax_total_bytes = 1000000000\n",
    )?;
    let most =
        peak(&stage.command("handover", &["capture", "--title", "bench"]), std::process::Stdio::null());
    let patch = fs::metadata(stage.repo.join(".handover/current/workspace.patch"))?.len();
    if patch < 500_000_000 {
        return Err(format!("of 500 MB the patch has {patch} bytes").into());
    }
    Ok(Row::number("memory, capture of 500 MB", most, 100_000_000, "B"))
}
