//! What is recorded of one handoff: `<inbox>/offers/<file name>`, a JSON object a line, only ever appended to.
//!
//! ```text
//! {"offered":"<time>","frame":"57f5b8b6","host":"claude-code","session":"…","pid":7,"started":99,"space":"…","transcript":"/…","length":0,"sentinel":"4d0030e5","proof":"transcript"}
//! {"ended":"<time>","frame":"57f5b8b6","blind":false}
//! {"restored":"<time>","session":"…"}
//! ```
//!
//! Nothing of it is brought to the disk: an offer that is lost is made again. A line that makes no sense tells nothing.

use std::path::PathBuf;

use handoff_document::Timestamp;
use handoff_process::ProcessId;
use serde_json::{Value, json};

/// A handoff that was printed for a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// When.
    pub at: Timestamp,
    /// The eight digits of the frame that it stood in.
    pub frame: String,
    /// The host's stamp; empty when nothing was known of it.
    pub host: String,
    /// The session's id.
    pub session: Option<String>,
    /// The process that runs the session.
    pub process: Option<ProcessId>,
    /// Where that process id means something.
    pub space: String,
    /// The session's transcript.
    pub transcript: Option<PathBuf>,
    /// The transcript's size in bytes at that time.
    pub length: u64,
    /// The checksum of the body that was printed: one that was edited since has not been shown.
    pub sentinel: String,
    /// What can show that the session used it.
    pub proof: Proof,
}

/// What can show that a session used what it was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Its transcript.
    Transcript,
    /// Nothing need: the host passes on all that it is given.
    Assumed,
    /// Nothing can.
    None,
}

/// One line of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It was printed for a session.
    Offered(Offer),
    /// The offer of this frame ended without a sign that it was read.
    Ended {
        /// When that was seen.
        at: Timestamp,
        /// The frame's digits.
        frame: String,
        /// Whether there was no way to see one.
        blind: bool,
    },
    /// A person put it back from this session.
    Restored {
        /// When.
        at: Timestamp,
        /// The session that had it.
        session: Option<String>,
    },
}

/// All that is recorded of one handoff.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The offers that may still be open, each with its line, the latest last.
    pub open: Vec<(Offer, String)>,
    /// The last offer that ended without a sign that it was read.
    pub ended: Option<Offer>,
    /// How many offers could not show what became of them.
    pub blind: usize,
    /// The sessions that it was put back from.
    pub restored_from: Vec<String>,
}

impl Event {
    /// As a line, without its line end.
    pub fn line(&self) -> String {
        match self {
            Self::Offered(offer) => offer.line(),
            Self::Ended { at, frame, blind } => {
                json!({ "ended": at.to_string(), "frame": frame, "blind": blind }).to_string()
            }
            Self::Restored { at, session } => {
                json!({ "restored": at.to_string(), "session": session }).to_string()
            }
        }
    }

    /// The event that a line tells.
    pub fn parse(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let time = |key: &str| text(key).as_deref().and_then(Timestamp::parse);
        if let Some(at) = time("offered") {
            return Offer::parse(at, &value).map(Self::Offered);
        }
        if let Some(at) = time("ended") {
            let blind = value.get("blind").and_then(Value::as_bool).unwrap_or(false);
            return Some(Self::Ended { at, frame: text("frame")?, blind });
        }
        Some(Self::Restored { at: time("restored")?, session: text("session") })
    }
}

impl Offer {
    fn line(&self) -> String {
        let transcript = self.transcript.as_ref().and_then(|path| path.to_str());
        json!({
            "offered": self.at.to_string(),
            "frame": self.frame,
            "host": self.host,
            "session": self.session,
            "pid": self.process.map(|process| process.pid),
            "started": self.process.map(|process| process.started),
            "space": self.space,
            "transcript": transcript,
            "length": self.length,
            "sentinel": self.sentinel,
            "proof": self.proof.name(),
        })
        .to_string()
    }

    fn parse(at: Timestamp, value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let number = |key: &str| value.get(key).and_then(Value::as_u64);
        let frame = text("frame").filter(|frame| is_frame(frame))?;
        let pid = number("pid").and_then(|pid| u32::try_from(pid).ok());
        Some(Self {
            at,
            frame,
            host: text("host").unwrap_or_default(),
            session: text("session"),
            process: pid.map(|pid| ProcessId { pid, started: number("started").unwrap_or(0) }),
            space: text("space").unwrap_or_default(),
            transcript: text("transcript").map(PathBuf::from),
            length: number("length").unwrap_or(0),
            sentinel: text("sentinel").unwrap_or_default(),
            proof: Proof::parse(&text("proof")?)?,
        })
    }
}

impl Proof {
    fn name(self) -> &'static str {
        match self {
            Self::Transcript => "transcript",
            Self::Assumed => "assumed",
            Self::None => "none",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Transcript, Self::Assumed, Self::None].into_iter().find(|proof| proof.name() == name)
    }
}

impl History {
    /// What the lines of a record tell together.
    pub fn parse(record: &[u8]) -> Self {
        let mut history = Self::default();
        for line in record.split(|&byte| byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok()) {
            match Event::parse(line) {
                Some(Event::Offered(offer)) => history.offered(offer, line),
                Some(Event::Ended { frame, blind, .. }) => history.end(&frame, blind),
                Some(Event::Restored { session, .. }) => history.restored(session),
                None => {}
            }
        }
        history
    }

    fn offered(&mut self, offer: Offer, line: &str) {
        if offer.proof == Proof::None {
            self.blind += 1;
            self.ended = Some(offer);
        } else {
            self.open.push((offer, line.to_owned()));
        }
    }

    fn end(&mut self, frame: &str, blind: bool) {
        if let Some(index) = self.open.iter().position(|(offer, _)| offer.frame == frame) {
            self.ended = Some(self.open.remove(index).0);
            self.blind += usize::from(blind);
        }
    }

    /// What was put back was in the session's hands: no offer of before says anything any more.
    fn restored(&mut self, session: Option<String>) {
        self.open.clear();
        self.ended = None;
        self.blind = 0;
        self.restored_from.extend(session);
    }
}

/// Whether these are the digits of a frame: anything else could be found in any transcript.
fn is_frame(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
