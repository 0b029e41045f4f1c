//! A slow way to the remote: 300 ms there and back, and 2 Mbit/s. What makes progress comes to its end.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Machine, Net};

/// How long a byte is under way.
const DELAY: Duration = Duration::from_millis(150);
/// How many bytes go through in a second.
const RATE: f64 = 250_000.0;
/// How large the work is, in bytes, where the environment says nothing else.
const WORK: usize = 100_000;

/// The port of a slow way to the server at `port`.
fn slow(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
            carry(client.try_clone().unwrap(), server.try_clone().unwrap());
            carry(server, client);
        }
    });
    own
}

/// Carries what comes in, each piece when all before it are through.
fn carry(mut from: TcpStream, mut to: TcpStream) {
    let (pieces, arriving) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            thread::sleep(Duration::from_secs_f64(count as f64 / RATE));
            if pieces.send((Instant::now() + DELAY, buffer[..count].to_vec())).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (at, piece) in arriving {
            thread::sleep(at.saturating_duration_since(Instant::now()));
            if to.write_all(&piece).is_err() {
                return;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}

#[test]
fn a_letter_with_work_goes_over_a_slow_way() {
    let bytes = std::env::var("HANDOFF_TESTS_WORK").ok().and_then(|text| text.parse().ok()).unwrap_or(WORK);
    let net = Net::new();
    let port = net.url().split([':', '/']).nth(4).unwrap().parse().unwrap();
    let url = format!("git://127.0.0.1:{}/origin.git", slow(port));
    let [laptop, desk] = ["laptop", "desk"].map(|name| {
        let machine = Machine::new(name, "ann", &net.origin, &url);
        machine.ok(&["join", "--private"]);
        machine
    });
    desk.knows("@me", "laptop");
    // Nothing of it can be packed.
    let work: Vec<u8> =
        (0..bytes as u64 / 32).flat_map(|n| *blake3::hash(&n.to_le_bytes()).as_bytes()).collect();
    std::fs::write(laptop.app.join("noise.bin"), &work).unwrap();
    let start = Instant::now();
    laptop.push("Quoted fields", &[]);
    let pushed = start.elapsed();
    desk.ok(&["pull", "--apply"]);
    eprintln!("{bytes} bytes: pushed in {pushed:?}, pulled in {:?}", start.elapsed() - pushed);
    assert_eq!(std::fs::read(desk.app.join("noise.bin")).unwrap(), work);
    assert_eq!(laptop.states(), ["delivered"]);
}
