//! How soon the MCP server has introduced itself, and what it holds in memory.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::cases::Row;
use crate::dispatch::micros;
use crate::measure::peak;
use crate::stage::{Stage, body};

/// What a client says first.
const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}"#;

/// The rest of a session: what clients ask at their start, and a handoff that is read.
const SESSION: [&str; 5] = [
    r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
    r#"{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{}}"#,
    r#"{"jsonrpc":"2.0","id":3,"method":"prompts/list","params":{}}"#,
    r#"{"jsonrpc":"2.0","id":4,"method":"resources/list","params":{}}"#,
    r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"handoff_read","arguments":{}}}"#,
];

/// How often it is started.
const STARTED: usize = 50;

/// Rows with ten handoffs that wait.
pub(crate) fn all(programs: &Path) -> Result<Vec<Row>, Failure> {
    let stage = Stage::new(programs, 50)?;
    stage.fill(10, &body(4_000))?;
    let mut times = Vec::new();
    // The first time warms the caches.
    for turn in 0..=STARTED {
        let time = introduced(&stage)?;
        if turn > 0 {
            times.push(time);
        }
    }
    times.sort_unstable();
    let session = stage.path("session");
    std::fs::write(&session, format!("{INITIALIZE}\n{}\n", SESSION.join("\n")))?;
    let memory = peak(&stage.command("handoff-mcp", &[]), Stdio::from(File::open(&session)?));
    Ok(vec![
        Row::number("MCP server: start to initialize answered", micros(times[times.len() / 2]), 8_000, "µs"),
        Row::number("MCP server: memory of a session", memory, 12_000_000, "B"),
    ])
}

/// From the start of the server to its answer.
fn introduced(stage: &Stage) -> Result<Duration, Failure> {
    let mut command = stage.command("handoff-mcp", &[]);
    let began = Instant::now();
    let mut server = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (Some(mut input), Some(output)) = (server.stdin.take(), server.stdout.take()) else {
        return Err("the server has no pipes".into());
    };
    writeln!(input, "{INITIALIZE}")?;
    let mut answer = String::new();
    BufReader::new(output).read_line(&mut answer)?;
    let taken = began.elapsed();
    drop(input);
    server.wait()?;
    if answer.contains("10 handoffs wait") { Ok(taken) } else { Err(format!("it said {answer}").into()) }
}
