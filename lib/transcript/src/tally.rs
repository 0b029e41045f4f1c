//! Events, out of them the session.

use std::collections::VecDeque;

use handoff_agents::Host;

use crate::event::{Call, Deed, Event, Fact, Return, TODOS};
use crate::session::{Command, Coverage, Outcome, Session, Status, Text, Todo};
use crate::{COMMANDS, LINE_LIMIT};

/// How many calls may be on their way at the same time.
const PENDING: usize = 64;

/// How many files are kept, and how many bytes of paths.
const FILES: usize = 500;
const PATHS: usize = 512 << 10;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    session: Session,
    commands: VecDeque<(String, Command)>,
    /// Calls that do something once they come back well.
    pending: VecDeque<(String, Deed)>,
    todos: Vec<(String, Todo)>,
    first: Option<Text>,
    hint: Option<Text>,
    /// Whether a request was seen since the beginning, or since what was not read.
    has_request: bool,
    path_bytes: usize,
}

impl Tally {
    pub(crate) fn take(&mut self, event: Event) {
        let session = &mut self.session;
        if !matches!(event, Event::Fact(..) | Event::Hint(_) | Event::Return(_) | Event::Changed { .. }) {
            session.failure = None;
            session.interrupted = false;
        }
        match event {
            Event::Fact(Fact::SessionId, text) => session.session_id = Some(text),
            Event::Fact(Fact::Cwd, text) => session.cwd = Some(text),
            Event::Fact(Fact::Branch, text) => session.branch = Some(text),
            Event::Fact(Fact::Model, text) => session.model = Some(text),
            Event::Request(text) => {
                session.turns += 1;
                self.has_request = true;
                self.first.get_or_insert_with(|| text.clone());
                if crate::is_telling(&text.text) {
                    session.subject = Some(text.clone());
                }
                session.answer_is_older = session.last_answer.is_some();
                session.task = Some(text);
            }
            Event::Hint(text) => self.hint = Some(text),
            Event::Answer(text) => {
                session.answer_is_older = false;
                session.last_answer = Some(text);
            }
            Event::Call(call) => self.call(call),
            Event::Return(back) if back.id.is_empty() => {}
            Event::Return(back) => self.came_back(back),
            Event::Ran(call, back) => {
                if !self.is_known(&call.id) {
                    self.call(call);
                }
                self.came_back(back);
            }
            Event::Changed { id, paths, outcome } => {
                self.pending.retain(|(pending, _)| *pending != id);
                if outcome.is_ok() != Some(false) {
                    self.touch(paths);
                }
            }
            Event::Failed(failure) => session.failure = Some(failure),
            Event::Interrupted => session.interrupted = true,
            Event::Gap => {
                self.has_request = false;
                self.hint = None;
            }
        }
    }

    pub(crate) fn finish(mut self, host: Option<&'static Host>, coverage: Coverage) -> Session {
        // What did not come back may have been done.
        while let Some((_, deed)) = self.pending.pop_front() {
            self.apply(deed, None);
        }
        let mut session = self.session;
        if !self.has_request && self.hint.is_some() {
            session.task = self.hint;
        }
        session.first_task = self.first.filter(|first| session.task.as_ref() != Some(first));
        session.commands = self.commands.into_iter().map(|(_, command)| command).collect();
        session.todos = self.todos.into_iter().map(|(_, todo)| todo).collect();
        session.host = host;
        session.coverage = coverage;
        session
    }

    fn is_known(&self, id: &str) -> bool {
        let mut ids = self.commands.iter().map(|(id, _)| id).chain(self.pending.iter().map(|(id, _)| id));
        !id.is_empty() && ids.any(|known| known == id)
    }

    fn call(&mut self, call: Call) {
        match call.deed {
            Deed::Run => {
                if self.commands.len() == COMMANDS {
                    self.commands.pop_front();
                }
                let line = call.input.first_line().up_to(LINE_LIMIT);
                self.commands.push_back((call.id, Command { line, outcome: Outcome::Unknown }));
                self.session.commands_run += 1;
            }
            Deed::Other => {}
            deed => {
                if self.pending.len() == PENDING
                    && let Some((_, oldest)) = self.pending.pop_front()
                {
                    self.apply(oldest, None);
                }
                self.pending.push_back((call.id, deed));
            }
        }
    }

    fn came_back(&mut self, back: Return) {
        if let Some((_, command)) = self.commands.iter_mut().rev().find(|(id, _)| *id == back.id) {
            // What was told before is the more exact one.
            if command.outcome == Outcome::Unknown {
                command.outcome = back.outcome;
            }
        }
        if let Some(index) = self.pending.iter().position(|(id, _)| *id == back.id)
            && let Some((_, deed)) = self.pending.remove(index)
            && back.outcome.is_ok() != Some(false)
        {
            self.apply(deed, back.todo);
        }
    }

    fn apply(&mut self, deed: Deed, new: Option<String>) {
        match deed {
            Deed::Touch(paths) => self.touch(paths),
            Deed::Plan(todos) => {
                self.todos = todos.into_iter().map(|todo| (String::new(), todo)).collect();
            }
            Deed::Add(todo) => {
                let id = new.unwrap_or_else(|| (self.todos.len() + 1).to_string());
                if self.todos.len() == TODOS {
                    let done = |(_, todo): &(String, Todo)| todo.status == Status::Completed;
                    self.todos.remove(self.todos.iter().position(done).unwrap_or(0));
                }
                self.todos.push((id, todo));
            }
            Deed::Alter { id, status, text } => {
                if status == Some(None) {
                    return self.todos.retain(|(known, _)| *known != id);
                }
                if let Some((_, todo)) = self.todos.iter_mut().find(|(known, _)| *known == id) {
                    todo.status = status.flatten().unwrap_or(todo.status);
                    todo.text = text.unwrap_or_else(|| todo.text.clone());
                }
            }
            Deed::Run | Deed::Other => {}
        }
    }

    fn touch(&mut self, paths: Vec<Text>) {
        for path in paths {
            if path.text.is_empty() {
                self.session.files_left_out += 1;
                continue;
            }
            let path = self.absolute(path);
            let files = &mut self.session.files;
            match files.iter().position(|known| *known == path) {
                Some(index) => drop(files.remove(index)),
                None => self.path_bytes += path.text.len(),
            }
            files.push(path);
            if files.len() > FILES || self.path_bytes > PATHS {
                self.path_bytes -= files.remove(0).text.len();
                self.session.files_left_out += 1;
            }
        }
    }

    fn absolute(&self, path: Text) -> Text {
        match &self.session.cwd {
            Some(cwd) if !path.text.starts_with('/') && cwd.text.starts_with('/') => {
                let relative = path.text.strip_prefix("./").unwrap_or(&path.text);
                Text { text: format!("{}/{relative}", cwd.text.trim_end_matches('/')), cut: path.cut }
            }
            _ => path,
        }
    }
}
