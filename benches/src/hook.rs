//! What the hook costs, as a host calls it.

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Failure;
use crate::cases::Row;
use crate::measure::{beside, instructions, peak, system_calls};
use crate::stage::{Stage, body};

/// Beside how many bytes of a transcript the hook must not be slower.
const LARGE_TRANSCRIPT: u64 = 500_000_000;

pub(crate) fn all(stage: &Stage) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    rows.extend(idle(stage)?);
    rows.push(offered(stage, 1, 200, 1.8)?);
    rows.push(settled(stage)?);
    rows.push(large_transcript(stage)?);
    rows.push(offered(stage, 100, 40, 12.0)?);
    rows.push(offered(stage, 10_000, 5, 60.0)?);
    stage.fill(1, &body(4_000))?;
    let hook = start(stage, "memory")?;
    let memory = peak(&hook, File::open(payload(stage, "memory"))?.into());
    rows.push(Row::number("memory, 1 waiting (4 kB)", memory, 8_000_000, "B"));
    Ok(rows)
}

/// The hook of the session `id`, with what Claude Code sends it.
pub(crate) fn start(stage: &Stage, id: &str) -> Result<Command, Failure> {
    let payload = payload(stage, id);
    let (transcript, cwd) = (transcript(stage, id), &stage.repo);
    fs::write(
        &payload,
        format!(
            "{{\"session_id\":\"{id}\",\"transcript_path\":\"{}\",\"cwd\":\"{}\",\"hook_event_name\":\"SessionStart\",\"source\":\"startup\"}}\n",
            transcript.display(),
            cwd.display()
        ),
    )?;
    let mut hook = stage.command("session-start", &[]);
    hook.stdin(File::open(payload)?);
    Ok(hook)
}

pub(crate) fn rev_parse(stage: &Stage) -> Command {
    let mut git = stage.plain("git");
    git.args(["rev-parse", "HEAD"]);
    git
}

fn payload(stage: &Stage, id: &str) -> std::path::PathBuf {
    stage.path(&format!("{id}.payload.json"))
}

fn transcript(stage: &Stage, id: &str) -> std::path::PathBuf {
    stage.path(&format!("{id}.jsonl"))
}

/// Nothing waiting: system calls, instructions, and the time beside a program that does nothing.
fn idle(stage: &Stage) -> Result<Vec<Row>, Failure> {
    let program = stage.program("session-start");
    let calls = |limit, case: &str| {
        let hook = start(stage, "idle")?;
        let count = system_calls(&hook, File::open(payload(stage, "idle"))?);
        Ok::<_, Failure>(Row::number(&format!("{case}, system calls"), count, limit, "calls"))
    };
    stage.empty()?;
    let mut rows = vec![calls(52, "no inbox")?];
    stage.fill(0, "")?;
    rows.push(calls(62, "nothing waiting")?);
    let template = start(stage, "idle")?;
    let count = instructions(&program, &[], |valgrind| {
        valgrind.env_clear().current_dir(&stage.repo);
        if let Ok(payload) = File::open(payload(stage, "idle")) {
            valgrind.stdin(payload);
        }
        for (name, value) in template.get_envs() {
            if let Some(value) = value {
                valgrind.env(name, value);
            }
        }
    });
    rows.push(Row::number("nothing waiting, instructions", count, 180_000, "instr"));
    if let Some(nothing) = does_nothing(stage)? {
        let idle = || start(stage, "idle").expect("the payload can be written");
        let times = beside(500, || Ok(()), idle, || stage.plain(&nothing.to_string_lossy()))?;
        rows.push(Row::ratio("nothing waiting", times, "a static program that does nothing", 1.1));
    }
    Ok(rows)
}

/// A static program of the same language that does nothing; `None` where it cannot be built.
fn does_nothing(stage: &Stage) -> Result<Option<std::path::PathBuf>, Failure> {
    let (source, program) = (stage.path("does-nothing.rs"), stage.path("does-nothing"));
    fs::write(&source, "fn main() {}\n")?;
    let mut compiler = Command::new("rustc");
    for option in [
        "opt-level=z",
        "panic=abort",
        "strip=symbols",
        "target-feature=+crt-static",
        "relocation-model=static",
    ] {
        compiler.args(["-C", option]);
    }
    let built = compiler.arg(&source).arg("-o").arg(&program).stdin(Stdio::null()).status();
    Ok(built.is_ok_and(|built| built.success()).then_some(program))
}

fn offered(stage: &Stage, count: usize, runs: usize, limit: f64) -> Result<Row, Failure> {
    let text = body(4_000);
    let hook = || start(stage, "offered").expect("the payload can be written");
    let times = beside(runs, || stage.fill(count, &text), hook, || rev_parse(stage))?;
    if stage.counts()? != (count, 0) || stage.offers()? == 0 {
        return Err(format!("of {count} handoffs none is on offer").into());
    }
    Ok(Row::ratio(&format!("{count} waiting (4 kB), offered"), times, "git rev-parse HEAD", limit))
}

/// One handoff was offered to a session that has answered since: the next start archives it.
fn settled(stage: &Stage) -> Result<Row, Failure> {
    let text = body(4_000);
    let before = || {
        stage.fill(1, &text)?;
        answer(stage, "first")
    };
    let hook = || start(stage, "next").expect("the payload can be written");
    let times = beside(100, before, hook, || rev_parse(stage))?;
    if stage.counts()? != (0, 1) {
        return Err("the handoff was not archived by the next start".into());
    }
    Ok(Row::ratio("1 offered before, settled", times, "git rev-parse HEAD", 2.5))
}

/// The same, and nothing behind the answer in a transcript of 500 MB: what it costs more.
fn large_transcript(stage: &Stage) -> Result<Row, Failure> {
    let text = body(4_000);
    let before = |id: &'static str, size: u64| {
        stage.fill(1, &text)?;
        answer(stage, id)?;
        let transcript = File::options().write(true).open(transcript(stage, id))?;
        Ok(transcript.set_len(transcript.metadata()?.len() + size)?)
    };
    let next = || start(stage, "next").expect("the payload can be written");
    let (large, _) = beside(30, || before("large", LARGE_TRANSCRIPT), next, || rev_parse(stage))?;
    let (small, _) = beside(30, || before("small", 0), next, || rev_parse(stage))?;
    let more = large.saturating_sub(small).min(Duration::from_secs(1));
    let micros = u64::try_from(more.as_micros())?;
    Ok(Row::number("a transcript of 500 MB, more than a small one", Some(micros), 5_000, "us"))
}

/// Has the session `id` be offered what waits, and answer.
fn answer(stage: &Stage, id: &str) -> Result<(), Failure> {
    let transcript = transcript(stage, id);
    let _ = fs::remove_file(&transcript);
    let shown = String::from_utf8(start(stage, id)?.output()?.stdout)?;
    let after = |mark: &str| shown.split_once(mark).and_then(|(_, rest)| rest.get(..8)).map(str::to_owned);
    let frame = after("agent-handoff ").ok_or("no frame was printed")?;
    let sentinel = after("sentinel: ").ok_or("no sentinel was printed")?;
    let lines = format!(
        "{{\"type\":\"attachment\",\"attachment\":{{\"type\":\"hook_additional_context\",\"content\":[\"{frame} {sentinel}\"]}}}}\n\
         {{\"type\":\"assistant\",\"message\":{{\"model\":\"m\",\"content\":[{{\"type\":\"text\",\"text\":\"{sentinel}\"}}]}}}}\n"
    );
    Ok(fs::write(transcript, lines)?)
}
