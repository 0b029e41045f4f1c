//! Choosing a run, taking up a conversation, and a run that never starts: with a real record, without a process.

use std::cell::RefCell;
use std::path::Path;

use handoff_backends::Launch;
use handoff_process::Environment;
use handoff_runs::{Conversation, NewRun, RunId, State};

use super::*;

/// A home with these backends.
struct Home {
    directory: tempfile::TempDir,
    environment: Environment,
}

impl Home {
    fn new(config: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let home = directory.path().join("home");
        handoff_files::Dir::create(&home).unwrap();
        handoff_files::Foreign::read(&home.join("config.yaml"), 1 << 20)
            .unwrap()
            .replace(config.as_bytes())
            .unwrap();
        let environment = Environment { handoff_home: Some(home), ..Environment::default() };
        Self { directory, environment }
    }

    fn dispatcher(&self) -> Dispatcher<'_> {
        Dispatcher::new(&self.environment).unwrap()
    }
}

/// Notes what becomes known.
#[derive(Default)]
struct Noted(RefCell<Vec<String>>);

impl Observer for Noted {
    fn began(&self, _: &RunId) {
        self.0.borrow_mut().push("began".to_owned());
    }

    fn launching(&self, _: &Path, _: &Launch) {
        self.0.borrow_mut().push("launching".to_owned());
    }

    fn progress(&self, line: &str, _: bool) {
        self.0.borrow_mut().push(line.to_owned());
    }

    fn notice(&self, notice: &Notice<'_>) {
        self.0.borrow_mut().push(notice.to_string());
    }
}

#[test]
fn a_backend_that_makes_no_command_is_a_run_that_failed_and_says_why() {
    let home = Home::new("backends: {b: {model: '${NO_SUCH_VARIABLE_IS_SET}'}}");
    let (dispatcher, noted) = (home.dispatcher(), Noted::default());
    let config = dispatcher.config().unwrap();
    let runs = dispatcher.runs(&noted).unwrap();
    let order = Order {
        backend: config.backend(None).unwrap(),
        prompt: b"do it",
        prompt_file: None,
        slug: "slug",
        cwd: home.directory.path(),
        is_pro: false,
        is_fast: false,
        timeout: None,
        caller: None,
        to_inbox: false,
        resumed: None,
        guard: Path::new("/nonexistent"),
    };
    let concluded = dispatcher.dispatch(&runs, &order, &Signals::listen().unwrap(), &noted).unwrap();
    assert_eq!((concluded.state, concluded.outcome), (State::Error, State::Error));
    let reason = concluded.reason.unwrap();
    assert!(reason.contains("NO_SUCH_VARIABLE_IS_SET"), "{reason}");
    assert_eq!(*noted.0.borrow(), ["began"]);
    assert!(concluded.last_line.ends_with(" end: error\n"), "{}", concluded.last_line);
    let row = find(&runs, &concluded.id).unwrap();
    assert_eq!(row.state, State::Error);
    let out = handoff_files::read_named(&runs.files(&row).out, 1 << 16).unwrap().0;
    let out = String::from_utf8(out).unwrap();
    assert!(out.ends_with(&format!("RESULT={}\n", concluded.result.unwrap().display())), "{out}");
}

#[test]
fn without_a_run_there_is_none_to_choose() {
    let home = Home::new("backends: {b: {model: m}}");
    let runs = home.dispatcher().runs(&Noted::default()).unwrap();
    assert!(matches!(find(&runs, " "), Err(SelectError::Empty)));
    assert!(matches!(find(&runs, "x"), Err(SelectError::NotFound(name)) if name == "x"));
    assert!(matches!(newest(&runs), Err(SelectError::NoRun)));
    assert!(
        matches!(newest_running(&runs), Err(SelectError::NoneAtWork { elsewhere, .. }) if elsewhere.is_empty())
    );
}

#[test]
fn a_conversation_that_no_run_has_needs_a_backend() {
    let home = Home::new("backends: {b: {model: m}}");
    let runs = home.dispatcher().runs(&Noted::default()).unwrap();
    let native = |session: &str, backend: Option<&str>| Native {
        session: session.to_owned(),
        backend: backend.map(str::to_owned),
        cwd: Some("/srv".into()),
    };
    let error = Resumable::find(&runs, None, Some(native("-x", Some("b")))).unwrap_err();
    assert!(matches!(error, ConversationError::NoId) && error.is_misuse());
    let error = Resumable::find(&runs, None, Some(native("abc", None))).unwrap_err();
    assert!(matches!(error, ConversationError::Unlisted(_)) && error.is_misuse());
    let found = Resumable::find(&runs, None, Some(native("a/b c", Some("b")))).unwrap();
    assert_eq!((found.session.as_str(), found.name.as_str()), ("a/b c", "abc"));
    let error = found.check_backend(Some("other")).unwrap_err();
    assert_eq!(error.to_string(), "abc is a conversation with b, not with other");
}

#[test]
fn without_a_configuration_it_is_said_how_to_get_one() {
    let home = Home::new("backends: {b: {model: m}}");
    let elsewhere = home.directory.path().join("other");
    let environment = Environment { handoff_home: Some(elsewhere.clone()), ..Environment::default() };
    let error = Dispatcher::new(&environment).unwrap().config().unwrap_err();
    assert!(matches!(&error, NoConfig::Missing(path) if *path == elsewhere.join("config.yaml")), "{error}");
    assert!(matches!(Dispatcher::new(&Environment::default()), Err(NoHome::Unset)));
    let relative = Environment { handoff_home: Some("x".into()), ..Environment::default() };
    assert!(matches!(Dispatcher::new(&relative), Err(NoHome::Relative(_))));
}

/// A backend may name its conversation anew while it is looked up, as Codex does right after its start: the run that was
/// chosen is at work whatever the list has for the name it had.
#[test]
fn the_conversation_of_a_run_at_work_is_not_free_whatever_its_backend_calls_it_now() {
    let home = Home::new("backends: {b: {model: m}}");
    let runs = home.dispatcher().runs(&Noted::default()).unwrap();
    let mut run = runs
        .begin(NewRun {
            backend: "b",
            slug: "slug",
            cwd: home.directory.path(),
            prompt: b"do it",
            model: None,
            pro: false,
            caller: None,
            to_inbox: false,
            conversation: Conversation::New,
        })
        .unwrap();
    let chosen = Resumable::find(&runs, Some(run.id().as_str()), None).unwrap();
    run.note_session("another-name").unwrap();
    assert!(runs.on_conversation(&chosen.session).unwrap().is_empty());
    let error = check_free(&runs, &chosen).unwrap_err();
    assert!(matches!(&error, DispatchError::AtWork(AtWork::Run(id)) if id == run.id()), "{error}");
}
