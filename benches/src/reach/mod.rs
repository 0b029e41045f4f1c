//! What letters cost: the hook and the look in the background where a repository is joined, a letter's way through a server at a
//! distance, what everybody else who uses the remote has of them, and who gets one letter of many that ask for it at once.

mod machine;
mod net;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Failure;
use crate::cases::Row;
use crate::hook::start;
use crate::measure::beside;
use crate::stage::Stage;
use machine::{Machine, Origin};
use net::{Daemon, Proxy, web};

/// How far away the server is for the row of a letter's way.
const ROUND_TRIP: Duration = Duration::from_millis(50);
/// How often a look in the background is made: its processor time is counted in hundredths of a second.
const LOOKS: u64 = 20;
/// How many machines want one letter.
const CLAIMERS: usize = 30;
/// How many letters are under way while others push.
const UNDER_WAY: usize = 500;
const WORKTREES: usize = 1_000;

pub(crate) fn all(programs: &Path) -> Result<Vec<Row>, Failure> {
    let mut rows = vec![hook(programs)?];
    for count in [0, 10_000, 100_000] {
        rows.extend(looks(programs, count)?);
    }
    rows.extend(sent(programs)?);
    rows.extend(bystander(programs)?);
    rows.extend(claimed(programs)?);
    rows.extend(worktrees(programs)?);
    Ok(rows)
}

/// The hook with nothing waiting: where the repository is joined beside where it is not.
fn hook(programs: &Path) -> Result<Row, Failure> {
    let (joined, other) = (Stage::new(programs, 50)?, Stage::new(programs, 50)?);
    let origin = Origin::new()?;
    let run = |mut command: Command| -> Result<(), Failure> {
        let status = command.stdout(Stdio::null()).status()?;
        if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}").into()) }
    };
    for stage in [&joined, &other] {
        let mut remote = stage.plain("git");
        remote.args(["remote", "add", "origin"]).arg(origin.repository());
        run(remote)?;
        for (name, value) in [("user.name", "ann"), ("user.email", "ann@acme.io")] {
            let mut config = stage.plain("git");
            config.args(["config", name, value]);
            run(config)?;
        }
        stage.fill(0, "")?;
    }
    run(joined.command("handoff", &["join", "--private"]))?;
    let idle = |stage: &Stage| start(stage, "idle").expect("the payload can be written");
    let mut turn = 0_u32;
    // What the last look left holds for a minute, and a new one would be measured too.
    let look = || {
        turn += 1;
        if turn.is_multiple_of(50) { run(joined.command("handoff", &["sync"])) } else { Ok(()) }
    };
    let times = beside(1_000, look, || idle(&joined), || idle(&other))?;
    Ok(Row::ratio("the hook, nothing waiting, joined", times, "not joined", 1.1))
}

/// What a look in the background costs the server while `count` letters of others are under way.
fn looks(programs: &Path, count: usize) -> Result<[Row; 2], Failure> {
    let origin = Origin::new()?;
    let daemon = Daemon::start(origin.root())?;
    let proxy = Proxy::start(daemon.port, Duration::ZERO)?;
    let url = format!("git://127.0.0.1:{}/app.git", proxy.port);
    let machine = Machine::joined(programs, "laptop", &origin, &url)?;
    origin.fill(count)?;
    let look = || -> Result<(), Failure> { machine.must(&["sync", "--background"]).map(drop) };
    look()?;
    let before = (proxy.seen(), daemon.processor()?);
    for _ in 0..LOOKS {
        look()?;
    }
    let after = (proxy.seen(), daemon.processor()?);
    let bytes = (after.0.down - before.0.down) / LOOKS;
    let connections = after.0.connections - before.0.connections;
    if connections != LOOKS {
        return Err(format!("{LOOKS} looks made {connections} connections").into());
    }
    let case = |what: &str| format!("a look, {count} letters of others under way: {what}");
    Ok([
        Row::number(&case("bytes from the server"), Some(bytes), 1_000, "B"),
        Row::number(&case("the server's processor"), Some((after.1 - before.1) / LOOKS), 10_000, "µs"),
    ])
}

/// A letter of 4 kB to a server that is 50 ms away, beside a push of git's to it: it needs as many ways there and back.
fn sent(programs: &Path) -> Result<[Row; 3], Failure> {
    let origin = Origin::new()?;
    let proxy = Proxy::start(web(origin.root())?, ROUND_TRIP)?;
    let url = format!("http://127.0.0.1:{}/app.git", proxy.port);
    let machine = Machine::joined(programs, "laptop", &origin, &url)?;
    let before = proxy.seen();
    machine.leave(4_000)?;
    machine.must(&["push", "--no-work"])?;
    let after = proxy.seen();
    let mut turn = 0;
    let ready = || {
        turn += 1;
        machine.leave(4_000)?;
        machine.git(&["commit", "--quiet", "--allow-empty", "--message", &format!("Commit {turn}")])
    };
    let own = || machine.handoff(&["push", "--no-work"]);
    let theirs = || machine.command("git", &["push", "--quiet", "origin", "main"]);
    let times = beside(10, ready, own, theirs)?;
    Ok([
        Row::ratio("a letter of 4 kB over http, 50 ms away", times, "git push of one commit", 2.0),
        // The first learns what is there, the second brings the letter.
        Row::number("the same: questions to the server", Some(after.questions - before.questions), 2, ""),
        Row::number("the same: connections", Some(after.connections - before.connections), 1, ""),
    ])
}

/// What the pushes of those who use no letters have of 500 that are under way.
fn bystander(programs: &Path) -> Result<[Row; 2], Failure> {
    let (empty, full) = (Origin::new()?, Origin::new()?);
    full.fill(UNDER_WAY)?;
    let (one, other) = (Daemon::start(empty.root())?, Daemon::start(full.root())?);
    let (near, far) = (Proxy::start(one.port, Duration::ZERO)?, Proxy::start(other.port, Duration::ZERO)?);
    let url = |proxy: &Proxy| format!("git://127.0.0.1:{}/app.git", proxy.port);
    let machine = Machine::new(programs, "laptop", &empty, &url(&near))?;
    machine.git(&["remote", "add", "full", &url(&far)])?;
    // What both have: the two first commits may differ by a second.
    machine.git(&["push", "--quiet", "--force", "full", "main"])?;
    let before = (near.seen().down, far.seen().down);
    let push = |remote: &str| machine.command("git", &["push", "--quiet", remote, "main"]);
    let mut turns = 0;
    let commit = || {
        turns += 1;
        machine.git(&["commit", "--quiet", "--allow-empty", "--message", &format!("Commit {turns}")])
    };
    let times = beside(30, commit, || push("full"), || push("origin"))?;
    let more = (far.seen().down - before.1).saturating_sub(near.seen().down - before.0) / turns;
    let case = format!("git push of others, {UNDER_WAY} letters under way");
    Ok([
        Row::ratio(&case, times, "none under way", 1.5),
        Row::number(&format!("{case}: more bytes from the server"), Some(more), 55_000, "B"),
    ])
}

/// How many of those who want one letter have it, and how many of the others do not learn who has it.
fn claimed(programs: &Path) -> Result<[Row; 2], Failure> {
    let origin = Origin::new()?;
    let daemon = Daemon::start(origin.root())?;
    let url = format!("git://127.0.0.1:{}/app.git", daemon.port);
    let sender = Machine::joined(programs, "laptop", &origin, &url)?;
    let mut claimers = Vec::new();
    for number in 0..CLAIMERS {
        let machine = Machine::joined(programs, &format!("pc{number}"), &origin, &url)?;
        machine.must(&["people", "add", "@me", "--yes", "--card", "laptop"])?;
        claimers.push(machine);
    }
    sender.leave(4_000)?;
    let pushed = sender.must(&["push", "--no-work"])?;
    let id = pushed.split_whitespace().nth(1).ok_or("no letter was sent")?;
    let pull = |machine: &Machine| {
        machine.handoff(&["pull", id]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    };
    let pulls: Vec<Child> = claimers.iter().map(pull).collect::<Result<_, _>>()?;
    let mut said = Vec::new();
    for pull in pulls {
        let output = pull.wait_with_output()?;
        said.push(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned());
    }
    let won: Vec<_> = said.iter().enumerate().filter(|(_, said)| said.contains("yours alone now")).collect();
    let Some((winner, _)) = won.first() else {
        return Err(format!("no machine has the letter: {said:?}").into());
    };
    let name = format!("ann@pc{winner}");
    let is_told = |said: &&String| {
        said.contains(&format!("taken by {name}")) || said.contains(&format!("delivered to {name}"))
    };
    let told = said.iter().filter(is_told).count();
    let case = format!("{CLAIMERS} machines pull one letter");
    Ok([
        Row::number(&format!("{case}: have it"), Some(won.len() as u64), 1, "machines"),
        Row::number(
            &format!("{case}: the others who do not learn who has it"),
            Some((CLAIMERS - 1).saturating_sub(told) as u64),
            0,
            "machines",
        ),
    ])
}

/// What a repository with many worktrees costs, beside one with none but its own.
fn worktrees(programs: &Path) -> Result<[Row; 2], Failure> {
    let origin = Origin::new()?;
    let url = origin.repository().to_string_lossy().into_owned();
    let (many, one) = (
        Machine::joined(programs, "laptop", &origin, &url)?,
        Machine::joined(programs, "desk", &origin, &url)?,
    );
    for number in 0..WORKTREES {
        let path = format!("../w{number}");
        many.git(&["worktree", "add", "--quiet", "--detach", &path])?;
    }
    let look = |machine: &Machine| machine.handoff(&["sync", "--background"]);
    let looks = beside(10, || Ok(()), || look(&many), || look(&one))?;
    let hook = |machine: &Machine| machine.command("session-start", &["--format", "plain"]);
    let mut turn = 0_u32;
    let fresh = || -> Result<(), Failure> {
        turn += 1;
        if turn.is_multiple_of(50) {
            many.must(&["sync", "--background"])?;
            one.must(&["sync", "--background"])?;
        }
        Ok(())
    };
    let hooks = beside(300, fresh, || hook(&many), || hook(&one))?;
    Ok([
        // A file is left in the inbox of each, in a fifth of a millisecond; a look in one is over in 16.
        Row::ratio(&format!("a look, {WORKTREES} worktrees"), looks, "a look, 1 worktree", 20.0),
        Row::ratio(&format!("the hook, joined, {WORKTREES} worktrees"), hooks, "1 worktree", 1.05),
    ])
}
