#![allow(clippy::disallowed_methods, reason = "tests set up files by hand")]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use handoff_address::Address;
use handoff_agents::Unproven;
use handoff_document::Timestamp;
use handoff_files::Lock;
use handoff_process::ProcessId;
use handoff_state::StateDir;
use handoff_store::{Inbox, Store, Waiting};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const NAME: &str = "20261121T100000Z-from-app.md";
const BODY: &str = "## Immediate next action\nRun it.\n";
const FRAME: &str = "57f5b8b6";

/// An inbox with one handoff, and a place for transcripts and state.
struct Place {
    dir: TempDir,
    inbox: Inbox,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create(&dir.path().join("store")).unwrap();
        let inbox = store.create_inbox(&Address::of(Path::new("/app"))).unwrap();
        let place = Self { dir, inbox };
        place.put(BODY);
        place
    }

    fn put(&self, body: &str) {
        std::fs::write(self.inbox.unread_path().join(NAME), format!("---\nname: n\n---\n{body}")).unwrap();
    }

    fn transcript(&self) -> PathBuf {
        self.dir.path().join("transcript.jsonl")
    }

    fn record(&self) -> PathBuf {
        self.inbox.path().join("offers").join(NAME)
    }

    /// The only handoff, as a listing has it.
    fn waiting(&self) -> Waiting {
        self.inbox.waiting().unwrap().handoffs.remove(0)
    }

    fn looker(&self) -> Looker {
        Looker {
            session: None,
            process: None,
            now: Timestamp::from_seconds(1_800_000_000),
            until: Instant::now() + Duration::from_secs(60),
            state: Some(StateDir::at(self.dir.path().join("state"))),
            transcripts: Vec::new(),
            space: "boot-1".to_owned(),
            thorough: true,
        }
    }

    /// Claude Code's session `S`, which this process runs.
    fn offer(&self) -> Offer {
        Offer {
            at: Timestamp::from_seconds(1_799_999_000),
            frame: FRAME.to_owned(),
            host: "claude-code".to_owned(),
            session: Some("S".to_owned()),
            process: ProcessId::of(std::process::id()),
            space: "boot-1".to_owned(),
            transcript: Some(self.transcript()),
            length: 0,
            sentinel: token(),
            proof: Proof::Transcript,
        }
    }

    fn make(&self, offer: Offer) {
        let looker = self.looker();
        Ledger::take_turn(&self.inbox, &looker).unwrap().offer(OsStr::new(NAME), offer).unwrap();
    }

    fn standing(&self) -> Standing {
        let looker = self.looker();
        Ledger::open(&self.inbox, &looker).unwrap().standing(&self.waiting())
    }

    fn settle(&self) {
        let looker = self.looker();
        Ledger::open(&self.inbox, &looker).unwrap().settle(&self.inbox.waiting().unwrap());
    }

    /// Writes the lines of a session that was given the frame and answered.
    fn speak(&self, answer: &str) {
        std::fs::write(self.transcript(), format!("{}{answer}", given(&token()))).unwrap();
    }

    /// The names in `unread/` and `read/`, and the archived content.
    fn files(&self) -> (usize, Vec<String>) {
        let names = |dir: PathBuf| std::fs::read_dir(dir).map(|entries| entries.count()).unwrap_or(0);
        let read = std::fs::read_dir(self.inbox.read_path()).unwrap();
        let contents = read.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
        (names(self.inbox.unread_path()), contents.collect())
    }
}

fn token() -> String {
    handoff_document::sentinel(BODY.as_bytes())
}

fn given(token: &str) -> String {
    format!(
        "{{\"type\":\"attachment\",\"attachment\":{{\"type\":\"hook_additional_context\",\"content\":[\"=== agent-handoff {FRAME}: 1 UNTRUSTED\\nsentinel: {token}\"]}}}}\n{{\"type\":\"user\",\"message\":{{\"content\":\"go\"}}}}\n"
    )
}

fn answer(text: &str) -> String {
    format!(
        "{{\"type\":\"assistant\",\"timestamp\":\"2027-01-15T08:00:00.123Z\",\"message\":{{\"model\":\"m\",\"content\":[{{\"type\":\"text\",\"text\":\"{text}\"}}]}}}}\n"
    )
}

fn before(standing: &Standing) -> Option<&str> {
    match standing {
        Standing::Waiting(past) => past.offered.as_ref()?.session.as_deref(),
        Standing::OnOffer { .. } | Standing::Delivered(_) => None,
    }
}

#[test]
fn the_whole_rule() {
    use Evidence as E;
    use Liveness as L;
    use Verdict as V;
    let ended = V::Ended { blind: false };
    let silent = E::Silent { turn_is_over: false };
    let failed = E::Silent { turn_is_over: true };
    let all = [L::Alive, L::UnknownYet, L::Unknown, L::Over];
    let rows = [
        (E::Answered, Unproven::Wait, [V::Delivered; 4]),
        (E::NotGiven, Unproven::Archive, [V::Lapsed, V::Lapsed, ended, ended]),
        (E::NotLooked, Unproven::Archive, [V::Open; 4]),
        (silent, Unproven::Archive, [V::Open, V::Open, ended, ended]),
        (failed, Unproven::Archive, [V::Open, ended, ended, ended]),
        (E::Missing, Unproven::Archive, [V::Open, V::Open, ended, ended]),
        (E::Unusable, Unproven::Archive, [V::Delivered; 4]),
        (E::Unusable, Unproven::Wait, [V::Open, V::Open, V::Ended { blind: true }, V::Ended { blind: true }]),
    ];
    for (evidence, unproven, expected) in rows {
        let verdicts = all.map(|liveness| decide(evidence, liveness, unproven));
        assert_eq!(verdicts, expected, "{evidence:?} {unproven:?}");
    }
}

#[test]
fn an_answer_behind_the_frame_delivers_and_a_repeated_sentinel_acknowledges() {
    for (text, acknowledged) in [(format!("loaded, sentinel {}", token()), true), ("hm".to_owned(), false)] {
        let place = Place::new();
        place.make(place.offer());
        assert!(matches!(place.standing(), Standing::OnOffer { is_ours: false, .. }));
        place.settle();
        assert_eq!(place.files().0, 1, "nothing is archived without evidence");
        place.speak(&answer(&text));
        place.settle();
        let (unread, read) = place.files();
        assert_eq!((unread, read.len()), (0, 1));
        let stamp = "received_at: 2027-01-15T08:00:00Z\nreceived_by: S\n";
        let stamp = if acknowledged { format!("{stamp}acknowledged: true\n") } else { stamp.to_owned() };
        assert_eq!(read[0], format!("---\nname: n\n{stamp}---\n{BODY}"));
        assert!(!place.record().exists());
        assert_eq!(std::fs::read_dir(place.dir.path().join("state/offers")).unwrap().count(), 0);
    }
}

#[test]
fn what_is_no_answer_of_the_model_delivers_nothing() {
    let content = "\"content\":[{\"type\":\"text\",\"text\":\"x\"}]";
    for line in [
        format!("{{\"type\":\"assistant\",\"isApiErrorMessage\":true,\"message\":{{{content}}}}}\n"),
        format!("{{\"type\":\"assistant\",\"isAbortedMidStream\":true,\"message\":{{{content}}}}}\n"),
        format!("{{\"type\":\"assistant\",\"isSidechain\":true,\"message\":{{{content}}}}}\n"),
        format!("{{\"type\":\"assistant\",\"message\":{{\"model\":\"<synthetic>\",{content}}}}}\n"),
        "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"thinking\",\"thinking\":\"x\"}]}}\n"
            .to_owned(),
        answer(" "),
        answer("x").trim_end_matches("}\n").to_owned(),
        format!("{{\"type\":\"user\",\"message\":{{\"role\":\"assistant\",{content}}}}}\n"),
    ] {
        let place = Place::new();
        place.make(place.offer());
        place.speak(&line);
        assert!(matches!(place.standing(), Standing::OnOffer { .. }), "{line}");
        place.settle();
        assert_eq!(place.files().0, 1, "{line}");
    }
}

#[test]
fn a_session_that_is_over_gives_the_handoff_back_once_for_all() {
    let gone = ProcessId { pid: std::process::id(), started: 1 };
    let place = Place::new();
    for process in [Some(gone), None] {
        place.make(Offer { process, ..place.offer() });
    }
    // Another boot of the system: no process of before lives.
    place.make(Offer { space: "earlier-1".to_owned(), ..place.offer() });
    assert_eq!(before(&place.standing()), Some("S"));
    let record = std::fs::read_to_string(place.record()).unwrap();
    assert_eq!(record.matches("\"ended\"").count(), 3, "{record}");
    // What is recorded is not looked at again.
    place.speak(&answer("late"));
    assert_eq!(before(&place.standing()), Some("S"));
}

#[test]
fn a_process_that_runs_another_session_has_ended_the_first() {
    let place = Place::new();
    let process = ProcessId::of(std::process::id());
    place.make(Offer { process, ..place.offer() });
    let standing = |session: &str| {
        let looker = Looker { session: Some(session.to_owned()), process, ..place.looker() };
        Ledger::open(&place.inbox, &looker).unwrap().standing(&place.waiting())
    };
    assert!(matches!(standing("S"), Standing::OnOffer { is_ours: true, .. }));
    assert_eq!(before(&standing("T")), Some("S"));
}

#[test]
fn a_process_that_cannot_be_seen_counts_as_alive_for_a_minute() {
    let place = Place::new();
    let at = |age: i64| Timestamp::from_seconds(1_800_000_000 - age);
    place.make(Offer { process: None, at: at(59), ..place.offer() });
    assert!(matches!(place.standing(), Standing::OnOffer { .. }));
    place.make(Offer { process: None, at: at(61), frame: "00000000".to_owned(), ..place.offer() });
    std::fs::remove_file(place.record()).unwrap();
    place.make(Offer { space: "boot-2".to_owned(), at: at(61), ..place.offer() });
    assert_eq!(before(&place.standing()), Some("S"));
    // A clock that was set back says nothing of how old an offer is.
    place.make(Offer { process: None, at: at(-100), ..place.offer() });
    assert_eq!(before(&place.standing()), Some("S"));
}

#[test]
fn of_two_sessions_that_have_it_the_first_that_speaks_has_used_it() {
    let place = Place::new();
    let silent = place.dir.path().join("silent.jsonl");
    place.make(place.offer());
    let (frame, session) = ("00000000".to_owned(), Some("T".to_owned()));
    place.make(Offer { frame, session, transcript: Some(silent), ..place.offer() });
    assert!(matches!(place.standing(), Standing::OnOffer { .. }));
    place.speak(&answer("mine"));
    let Standing::Delivered(delivery) = place.standing() else { panic!("one has spoken") };
    assert_eq!(delivery.session.as_deref(), Some("S"));
}

#[test]
fn an_answer_without_the_frame_before_it_is_no_delivery_and_may_still_become_one() {
    let place = Place::new();
    place.make(place.offer());
    std::fs::write(place.transcript(), answer("copied from an earlier session")).unwrap();
    assert_eq!(before(&place.standing()), Some("S"));
    let all = format!("{}{}{}", answer("copied"), given(&token()), answer("now"));
    std::fs::write(place.transcript(), all).unwrap();
    assert!(matches!(place.standing(), Standing::Delivered(_)));
    // Behind the length that was recorded there is nothing of it.
    let place = Place::new();
    place.speak(&answer("before"));
    let length = std::fs::metadata(place.transcript()).unwrap().len();
    place.make(Offer { length, ..place.offer() });
    assert!(matches!(place.standing(), Standing::OnOffer { .. }));
}

#[test]
fn a_handoff_that_was_edited_after_it_was_shown_has_not_been_shown() {
    let place = Place::new();
    place.make(place.offer());
    place.speak(&answer("done"));
    place.put("## Immediate next action\nSomething else.\n");
    assert_eq!(before(&place.standing()), Some("S"));
    place.settle();
    assert_eq!(place.files().0, 1);
}

#[test]
fn a_transcript_that_is_no_file_of_ours_is_no_evidence() {
    let place = Place::new();
    let (fifo, dir) = (place.dir.path().join("fifo"), place.dir.path().join("dir"));
    std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
    std::fs::create_dir(&dir).unwrap();
    let unknown = place.dir.path().join("unknown");
    std::fs::write(&unknown, "nothing that anybody knows\n".repeat(9)).unwrap();
    for path in [fifo, dir, unknown, "/dev/null".into()] {
        let place = Place::new();
        place.make(Offer { transcript: Some(path.clone()), ..place.offer() });
        assert!(matches!(place.standing(), Standing::OnOffer { .. }), "{path:?}");
        let process = None;
        place.make(Offer { transcript: Some(path), process, frame: "11111111".to_owned(), ..place.offer() });
        std::fs::remove_file(place.record()).unwrap();
    }
    let place = Place::new();
    for number in 0..3 {
        let frame = format!("{number:08}");
        place.make(Offer { transcript: Some("/dev".into()), process: None, frame, ..place.offer() });
        let Standing::Waiting(past) = place.standing() else { panic!("it waits") };
        assert_eq!(past.blind, number + 1);
    }
}

#[test]
fn a_record_that_no_hook_wrote_archives_nothing() {
    let place = Place::new();
    place.speak(&answer("forged"));
    place.make(place.offer());
    let state = place.dir.path().join("state/offers");
    std::fs::remove_dir_all(&state).unwrap();
    assert!(matches!(place.standing(), Standing::OnOffer { .. }));
    // What needs no evidence needs the witness all the more.
    for proof in [Proof::Assumed, Proof::Transcript] {
        let place = Place::new();
        place.make(Offer { proof, host: "codex-cli".to_owned(), transcript: None, ..place.offer() });
        std::fs::remove_dir_all(place.dir.path().join("state/offers")).unwrap();
        place.settle();
        assert_eq!(place.files().0, 1, "{proof:?}");
    }
    // Nor does a record that was copied from another handoff.
    let place = Place::new();
    place.make(place.offer());
    place.speak(&answer("true"));
    let other = "20261121T110000Z-from-app.md";
    let unread = place.inbox.unread_path();
    std::fs::copy(unread.join(NAME), unread.join(other)).unwrap();
    std::fs::copy(place.record(), place.record().with_file_name(other)).unwrap();
    place.settle();
    assert!(unread.join(other).exists() && !unread.join(NAME).exists());
}

#[test]
fn without_a_witness_only_what_the_host_itself_wrote_counts() {
    let place = Place::new();
    place.make(place.offer());
    std::fs::remove_dir_all(place.dir.path().join("state")).unwrap();
    let transcripts = vec![handoff_files::canonical(place.dir.path())];
    let standing = || {
        let looker = Looker { transcripts: transcripts.clone(), ..place.looker() };
        Ledger::open(&place.inbox, &looker).unwrap().standing(&place.waiting())
    };
    let printed = format!("{{\"type\":\"user\",\"toolUseResult\":\"{FRAME} {}\"}}\n", token());
    std::fs::write(place.transcript(), format!("{printed}{}", answer("x"))).unwrap();
    assert!(!matches!(standing(), Standing::Delivered(_)));
    place.speak(&answer("x"));
    assert!(matches!(standing(), Standing::Delivered(_)));
}

#[test]
fn a_host_that_passes_everything_on_needs_no_transcript() {
    let place = Place::new();
    place.make(Offer { proof: Proof::Assumed, transcript: None, ..place.offer() });
    place.settle();
    assert_eq!(place.files().0, 0);
}

#[test]
fn one_that_shows_nothing_keeps_the_handoff_waiting_and_is_counted() {
    let place = Place::new();
    for _ in 0..2 {
        place.make(Offer { proof: Proof::None, transcript: None, session: None, ..place.offer() });
    }
    let Standing::Waiting(past) = place.standing() else { panic!("it waits") };
    assert_eq!((past.blind, past.is_put_back), (2, false));
}

#[test]
fn what_was_put_back_is_not_offered_to_that_session_again() {
    let place = Place::new();
    place.make(place.offer());
    let looker = Looker { session: Some("S".to_owned()), ..place.looker() };
    let ledger = Ledger::take_turn(&place.inbox, &looker).unwrap();
    ledger.put_back(OsStr::new(NAME), Some("S")).unwrap();
    let ledger = Ledger::open(&place.inbox, &looker).unwrap();
    let put_back = Past { offered: None, blind: 0, is_put_back: true };
    assert_eq!(ledger.standing(&place.waiting()), Standing::Waiting(put_back));
    assert_eq!(place.standing(), Standing::Waiting(Past::default()));
}

#[test]
fn only_one_makes_offers_at_a_time_and_a_stopped_one_is_not_waited_for() {
    let place = Place::new();
    let looker = place.looker();
    let first = Ledger::take_turn(&place.inbox, &looker).unwrap();
    let dir = place.inbox.child("offers").unwrap().unwrap();
    assert_eq!(dir.lock().unwrap(), Lock::Busy);
    let hurried = Looker { until: Instant::now(), ..place.looker() };
    assert!(Ledger::take_turn(&place.inbox, &hurried).is_ok());
    drop(first);
    assert_eq!(dir.lock().unwrap(), Lock::Taken);
}

#[test]
fn a_look_that_has_no_time_decides_nothing() {
    let place = Place::new();
    place.make(Offer { process: None, ..place.offer() });
    place.speak(&answer("x"));
    let looker = Looker { until: Instant::now(), ..place.looker() };
    let ledger = Ledger::open(&place.inbox, &looker).unwrap();
    assert!(matches!(ledger.standing(&place.waiting()), Standing::OnOffer { .. }));
    assert!(matches!(place.standing(), Standing::Delivered(_)));
}

fn any_offer() -> impl Strategy<Value = Offer> {
    let text = || "\\PC{0,40}";
    let proof = prop_oneof![Just(Proof::Transcript), Just(Proof::Assumed), Just(Proof::None)];
    let process = prop::option::of((any::<u32>(), any::<u64>()));
    let rest = (0i64..4_000_000_000, prop::option::of(text()), process, any::<u64>(), text(), proof);
    ("[0-9a-f]{8}", text(), text(), prop::option::of(text()), rest).prop_map(
        |(frame, host, space, session, (at, transcript, process, length, sentinel, proof))| Offer {
            at: Timestamp::from_seconds(at),
            frame,
            host,
            session,
            process: process.map(|(pid, started)| ProcessId { pid, started }),
            space,
            transcript: transcript.map(PathBuf::from),
            length,
            sentinel,
            proof,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_record_gives_back_what_it_was_given(offer in any_offer()) {
        let event = Event::Offered(offer);
        prop_assert_eq!(Event::parse(&event.line()), Some(event.clone()));
        prop_assert!(!event.line().contains('\n'));
    }

    /// Broken records and transcripts have a handoff come twice at worst.
    #[test]
    fn whatever_stands_in_a_record_or_transcript_nothing_is_archived(
        record in prop::collection::vec(any::<u8>(), 0..400), cut in 0usize..600, transcript in "\\PC{0,200}",
    ) {
        let place = Place::new();
        place.make(place.offer());
        std::fs::write(place.transcript(), transcript).unwrap();
        let line = std::fs::read(place.record()).unwrap();
        std::fs::write(place.record(), [&line[..cut.min(line.len())], &record].concat()).unwrap();
        place.settle();
        prop_assert_eq!(place.files().0, 1);
    }
}
