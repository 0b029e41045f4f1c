//! What a web server, or what stands before it, may answer in place of git: the letter stays queued, and one line says why.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::cloud::{contains, request};
use crate::support::{BODY, Machine};
use crate::web;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, Default)]
enum Answer {
    /// Git answers.
    #[default]
    Git,
    /// This is the answer.
    Other(&'static str),
    /// Git answers, and the connection ends after this part of the bytes, in hundredths.
    Cut(usize),
}

/// What becomes of those requests that have these words in their first line.
type Rule = (&'static str, Answer);

/// A remote behind a server that answers so.
struct Front {
    _scratch: tempfile::TempDir,
    origin: PathBuf,
    address: SocketAddr,
    rule: Arc<Mutex<Rule>>,
}

impl Front {
    fn new() -> Self {
        let (scratch, root) = web::repositories();
        let server = web::Server::start(&root, None).address;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, rule) = (listener.local_addr().unwrap(), Arc::<Mutex<Rule>>::default());
        let shared = Arc::clone(&rule);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let rule = *shared.lock().unwrap();
                // A client that goes away is not the server's failure.
                thread::spawn(move || drop(serve(client, server, rule)));
            }
        });
        Self { _scratch: scratch, origin: root.join("public.git"), address, rule }
    }

    fn set(&self, words: &'static str, answer: Answer) {
        *self.rule.lock().unwrap() = (words, answer);
    }

    /// Laptop and desk of one person.
    fn pair(&self) -> [Machine; 2] {
        let url = format!("http://ann:secret@{}/public.git", self.address);
        let machines = ["laptop", "desk"].map(|name| Machine::new(name, "ann", &self.origin, &url));
        machines[0].world.git(&self.origin, &["config", "http.receivepack", "true"]);
        machines.iter().for_each(|machine| drop(machine.ok(&["join", "--private"])));
        machines[1].knows("@me", "laptop");
        machines[0].knows("@me", "desk");
        machines
    }
}

fn serve(mut client: TcpStream, server: SocketAddr, (words, answer): Rule) -> std::io::Result<()> {
    let Some((request, _)) = request(&client)? else { return Ok(()) };
    let first = request.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let answer = if words.is_empty() || contains(first, words) { answer } else { Answer::Git };
    if let Answer::Other(text) = answer {
        return client.write_all(text.as_bytes());
    }
    let mut upstream = TcpStream::connect(server)?;
    upstream.write_all(&request)?;
    let mut bytes = Vec::new();
    upstream.read_to_end(&mut bytes)?;
    if let Answer::Cut(part) = answer {
        bytes.truncate(bytes.len() * part / 100);
    }
    client.write_all(&bytes)
}

/// Answers, and what is told of them.
const ANSWERS: [(&str, &str); 9] = [
    (
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 29\r\nConnection: close\r\n\r\n\u{1b}[31mmaintenance until noon.\n",
        "maintenance until noon.",
    ),
    ("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "500"),
    (
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 60\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "429",
    ),
    (
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"git\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "Authentication failed",
    ),
    ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "not found"),
    // Networks that want a login first. To git most of these are repositories without refs.
    (
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20\r\nConnection: close\r\n\r\n<html>Log in</html>\n",
        "not valid",
    ),
    (
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 19\r\nConnection: close\r\n\r\n<html>Log in</html>",
        "origin was not reached: ",
    ),
    ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "origin was not reached: "),
    (
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\nContent-Length: 19\r\nConnection: close\r\n\r\n<html>Log in</html>",
        "origin was not reached: ",
    ),
];

#[track_caller]
fn is_one_line(said: &str, words: &str) {
    assert!(said.contains(words), "{words}: {said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(!said.contains("ann:secret") && !said.contains('\u{1b}'), "{said}");
}

#[test]
fn whatever_a_web_server_answers_a_letter_stays_queued_and_one_line_says_why() {
    let front = Front::new();
    let [laptop, desk] = front.pair();
    desk.push("For the laptop", &[]);
    laptop.push("Under way", &["--no-work"]);
    laptop.ok(&["sync"]);
    let line = laptop.notice();
    assert!(line.contains("For the laptop"), "{line}");
    let mut queued = 0;
    for (number, (answer, words)) in ANSWERS.into_iter().enumerate() {
        front.set("", Answer::Other(answer));
        // A server that refuses this user does not queue it: it has to be tried by hand.
        if number % 3 == 0 && words != "Authentication failed" {
            queued += 1;
            laptop.world.write(&laptop.app, &["--name", "Quoted fields"], BODY);
            let said = laptop.ok(&["push", "--no-work"]);
            assert!(said.starts_with("queued "), "{said}");
            // To a server that is none of git's, git speaks WebDAV.
            let of_git = if number < 5 { words } else { "origin was not reached: " };
            is_one_line(said.lines().next().unwrap(), of_git);
        } else {
            let ran = laptop.run(&["pull"]);
            assert_eq!((ran.code, ran.out()), (1, ""));
            is_one_line(ran.err(), words);
        }
        let ran = laptop.run(&["mail"]);
        assert_eq!((ran.code, ran.out().matches("queued here").count()), (1, queued), "{}", ran.out());
        is_one_line(ran.err(), words);
    }
    for looks in 1..3 {
        let ran = laptop.run(&["sync", "--background"]);
        assert_eq!((ran.out(), ran.err()), ("", ""));
        let notice = laptop.notice();
        // What only a person can mend is told until a look succeeds.
        assert!(notice.contains("origin has no such repository"), "{notice}");
        assert!(notice.contains(&format!("\"failed\":{}", ANSWERS.len() + looks)), "{notice}");
    }
    front.set("", Answer::Git);
    laptop.ok(&["sync"]);
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), queued + 1);
    assert_eq!(laptop.states(), vec!["delivered"; queued + 1]);
}

#[test]
fn a_server_that_fails_at_pushes_alone_hides_nothing_that_waits() {
    let front = Front::new();
    let [laptop, desk] = front.pair();
    desk.push("For the laptop", &[]);
    front.set("git-receive-pack", Answer::Other(ANSWERS[1].0));
    laptop.world.write(&laptop.app, &["--name", "Quoted fields"], BODY);
    assert!(laptop.ok(&["push"]).starts_with("queued "));
    let ran = laptop.run(&["mail"]);
    assert!(ran.out().contains("For the laptop") && ran.out().contains("queued here"), "{}", ran.out());
    is_one_line(ran.err(), "500");
    // It cannot be claimed, so it is not here.
    let ran = laptop.run(&["pull"]);
    assert_eq!((ran.code, laptop.unread().len()), (1, 0), "{}", ran.out());
    assert!(ran.err().contains("not settled yet") && ran.err().contains("500"), "{}", ran.err());
    front.set("", Answer::Git);
    assert_eq!(laptop.json(&["pull"])["taken"].as_array().unwrap().len(), 1);
    assert_eq!((desk.states(), laptop.states()), (vec!["delivered".to_owned()], vec!["waiting".to_owned()]));
}

#[test]
fn a_letter_of_which_the_half_came_is_not_called_broken() {
    let front = Front::new();
    let [laptop, desk] = front.pair();
    laptop.push("Quoted fields", &[]);
    for part in [30, 60, 90, 99] {
        front.set("POST ", Answer::Cut(part));
        for verb in ["mail", "pull"] {
            let ran = desk.run(&[verb]);
            assert_eq!(ran.code, 1, "{part} {verb}: {}{}", ran.out(), ran.err());
            assert!(!ran.out().contains("left alone"), "{part} {verb}: {}", ran.out());
            is_one_line(ran.err(), "origin was not reached: ");
        }
    }
    front.set("", Answer::Git);
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 1);
    assert_eq!(laptop.states(), ["delivered"]);
}
