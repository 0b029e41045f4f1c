//! A model that answers by a script and remembers what it was sent.

mod anthropic;
mod chat;
mod gemini;
mod http;
mod openai;
mod step;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

pub use step::{Step, call, call_ending, reading, refuse, shell, text};

pub(super) use step::Shell;

use http::Response;

/// Whose words the model speaks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Api {
    /// The Messages API.
    Anthropic,
    /// The Responses API.
    Openai,
    /// The Chat Completions API, with this shell.
    Chat(Shell),
    /// The Gemini API, with this shell.
    Gemini(Shell),
}

impl Api {
    fn texts(self, body: &Value) -> Vec<Text> {
        match self {
            Self::Anthropic => anthropic::texts(body),
            Self::Openai => openai::texts(body),
            Self::Chat(_) => chat::texts(body),
            Self::Gemini(_) => gemini::texts(body),
        }
    }

    /// Whether a request is a turn of the session.
    fn is_main(self, method: &str, path: &str, body: &Value) -> bool {
        match self {
            Self::Anthropic => anthropic::is_main(method, path, body),
            Self::Openai => openai::is_main(method, path, body),
            Self::Chat(_) => chat::is_main(method, path, body),
            Self::Gemini(_) => gemini::is_main(method, path, body),
        }
    }

    fn answer(self, method: &str, path: &str, body: &Value, step: &Step, number: usize) -> Response {
        match self {
            Self::Anthropic => anthropic::answer(method, path, body, step, number),
            Self::Openai => openai::answer(method, path, body, step, number),
            Self::Chat(shell) => chat::answer(method, path, body, step, number, shell),
            Self::Gemini(shell) => gemini::answer(method, path, body, step, shell),
        }
    }
}

/// A model server on a free port of 127.0.0.1. It stops when this is dropped.
#[derive(Debug)]
pub struct Model {
    api: Api,
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    stopped: AtomicBool,
    steps: Vec<Step>,
    requests: Mutex<Vec<Request>>,
    /// How many answers were held so far, and how many of them may go on.
    held: AtomicUsize,
    going_on: AtomicUsize,
}

/// One request as it came, whatever was asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// `POST` and the like.
    pub method: String,
    /// The path with its query; for `CONNECT` the host.
    pub path: String,
    /// The JSON; what is none is a string.
    pub body: Value,
    /// Whether it is a turn of the session. Agents also ask for titles and token counts: those take no step of the script.
    pub main: bool,
}

/// Whose a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The agent's: its instructions, and with them what hooks say.
    System,
    /// The user's, and what the agent says in the user's place.
    User,
    /// The model's.
    Assistant,
    /// What a tool printed.
    Tool,
}

/// One text in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Whose it is.
    pub role: Role,
    /// Every character of it.
    pub text: String,
}

impl Model {
    /// A model for Claude Code: each turn takes one step, the last step is repeated.
    pub fn anthropic(steps: impl Into<Vec<Step>>) -> Self {
        Self::start(Api::Anthropic, steps.into())
    }

    /// A model for Codex: each turn takes one step, the last step is repeated.
    pub fn openai(steps: impl Into<Vec<Step>>) -> Self {
        Self::start(Api::Openai, steps.into())
    }

    pub(super) fn start(api: Api, steps: Vec<Step>) -> Self {
        assert!(!steps.is_empty(), "a model needs something to say");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            stopped: AtomicBool::new(false),
            steps,
            requests: Mutex::default(),
            held: AtomicUsize::new(0),
            going_on: AtomicUsize::new(0),
        });
        let model = Self { api, address, shared: Arc::clone(&shared) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.stopped.load(Ordering::Acquire) {
                    break;
                }
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || shared.serve(api, &stream));
            }
        });
        model
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request so far, the main ones and the others, in the order they came.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests().clone()
    }

    /// The main requests so far.
    pub fn turns(&self) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.main).collect()
    }

    /// How many answers were stopped in their middle so far, by [`Step::held`].
    pub fn held(&self) -> usize {
        self.shared.held.load(Ordering::Acquire)
    }

    /// Lets those that are held go on.
    pub fn go_on(&self) {
        self.shared.going_on.store(self.held(), Ordering::Release);
    }

    /// Every text that the `turn`th main request carried, counted from 0, in order.
    #[track_caller]
    pub fn texts(&self, turn: usize) -> Vec<Text> {
        let turns = self.turns();
        let request = turns.get(turn).unwrap_or_else(|| panic!("no turn {turn}: there were {}", turns.len()));
        self.api.texts(&request.body)
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        // A connection, so that the listener looks.
        TcpStream::connect(self.address).ok();
    }
}

impl Shared {
    fn requests(&self) -> MutexGuard<'_, Vec<Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(&self) {
        let number = self.held.fetch_add(1, Ordering::AcqRel) + 1;
        while self.going_on.load(Ordering::Acquire) < number && !self.stopped.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn serve(&self, api: Api, stream: &TcpStream) {
        let Some((method, path, body)) = http::read(stream) else { return };
        let main = api.is_main(&method, &path, &body);
        let (number, step) = {
            let mut requests = self.requests();
            let turn = requests.iter().filter(|request| request.main).count();
            requests.push(Request { method: method.clone(), path: path.clone(), body: body.clone(), main });
            (
                requests.len(),
                if main { self.steps[turn.min(self.steps.len() - 1)].clone() } else { text("side") },
            )
        };
        let step = step.resolved(|| api.texts(&body)).with_names_of(&body);
        std::thread::sleep(step.pause);
        let response = match method.as_str() {
            "CONNECT" => Response::new(403, ""),
            "HEAD" => Response::new(200, ""),
            _ => api.answer(&method, &path, &body, &step, number),
        };
        let response =
            step.headers.iter().fold(response, |response, (name, value)| response.header(name, value));
        // An agent that was killed does not wait for it.
        response.write(stream, || self.hold()).ok();
    }
}
