//! What is where in a hooks file.

use std::borrow::Cow;

use jsonc_parser::ast::{Array, Object, Value};
use jsonc_parser::common::{Range, Ranged};

use super::{Conditions, Found, Hooks, Standing};
use crate::json::{self, Container};
use crate::malformed::Malformed;
use crate::shell::Call;

/// What a file of flat handlers says beside them.
pub(super) const VERSION: &str = "version";

/// A parsed file, and ours in it.
pub(super) struct Survey {
    pub(super) root: Container,
    /// The number in the root of its version, and whether that is 1.
    pub(super) version: Option<(usize, bool)>,
    /// The object `hooks`, and its number in the root.
    pub(super) hooks: Option<(usize, Container)>,
    /// The event's list, and its number in `hooks`.
    pub(super) event: Option<(usize, Container)>,
    /// The lists of the groups in the event's list; None for what has none.
    pub(super) groups: Vec<Option<Container>>,
    /// A list of the event's name in the root, where early versions of the bash program put it, and its number there.
    pub(super) stray: Option<(usize, Container)>,
    pub(super) stray_groups: Vec<Option<Container>>,
    pub(super) mine: Vec<Mine>,
}

/// A handler of ours.
pub(super) struct Mine {
    pub(super) standing: Standing,
    pub(super) conditions: Conditions,
    /// The number of the list's entry that it is or is in, and its number in there.
    pub(super) entry: usize,
    pub(super) within: Option<usize>,
    /// The whole handler.
    pub(super) range: Range,
    pub(super) command: Range,
    pub(super) args: Option<Range>,
    pub(super) written: String,
    /// The arguments, when all of them are strings.
    pub(super) args_written: Option<Vec<String>>,
    /// Whether it is the bash program's.
    pub(super) is_old: bool,
    /// Whether the host looks for handlers where it stands.
    pub(super) is_run: bool,
}

impl Mine {
    pub(super) fn found(&self, text: &str) -> Found {
        Found {
            line: Malformed::at(text, self.range.start, "").line,
            command: self.written.clone(),
            args: self.args.map(|_| self.args_written.clone().unwrap_or_default()),
            standing: self.standing,
            is_run: self.is_run,
            conditions: self.conditions.clone(),
        }
    }
}

impl Survey {
    pub(super) fn of(hooks: &Hooks<'_>, text: &str) -> Result<Self, Malformed> {
        // Codex is not written in JavaScript.
        let readable = if hooks.keeps_places { Cow::Borrowed(text) } else { json::readable(text) };
        let value = json::parse(&readable, hooks.comments)?;
        let root = object(text, &value, "the top level")?;
        let mut survey = Self {
            root: root.into(),
            version: root.properties.iter().position(|property| property.name.as_str() == VERSION).map(
                |number| {
                    let value = &root.properties[number].value;
                    (number, matches!(value, Value::NumberLit(number) if number.value == "1"))
                },
            ),
            hooks: None,
            event: None,
            groups: Vec::new(),
            stray: None,
            stray_groups: Vec::new(),
            mine: Vec::new(),
        };
        if let Some((number, property)) = json::the_only(text, root, "hooks", "hooks")? {
            let within = object(text, &property.value, "`hooks`")?;
            survey.hooks = Some((number, within.into()));
            if let Some((number, property)) = json::the_only(text, within, hooks.event, hooks.event)? {
                let list = array(text, &property.value, &format!("`hooks.{}`", hooks.event))?;
                survey.event = Some((number, list.into()));
                survey.groups = survey.entries(hooks, text, list, false)?;
            }
        }
        // Elsewhere the name may mean anything.
        let stray = root.properties.iter().position(|property| property.name.as_str() == hooks.event);
        let stray = stray.and_then(|number| Some((number, root.properties[number].value.as_array()?)));
        if let Some((number, list)) = stray {
            survey.stray_groups = survey.entries(hooks, text, list, true).unwrap_or_default();
            survey.stray = Some((number, list.into()));
        }
        Ok(survey)
    }

    fn entries(
        &mut self,
        hooks: &Hooks<'_>,
        text: &str,
        list: &Array<'_>,
        stray: bool,
    ) -> Result<Vec<Option<Container>>, Malformed> {
        let mut groups = Vec::new();
        for (entry, value) in list.elements.iter().enumerate() {
            let element = object(text, value, "an entry of the list")?;
            let Some((_, property)) = json::the_only(text, element, "hooks", "hooks")? else {
                let standing = if stray { Standing::TopLevel } else { Standing::Flat };
                self.mine.extend(Mine::of(hooks, element, element, standing, (entry, None)));
                groups.push(None);
                continue;
            };
            let handlers = array(text, &property.value, "`hooks` of a group")?;
            for (number, handler) in handlers.elements.iter().enumerate() {
                let handler = object(text, handler, "a handler")?;
                let standing = if stray { Standing::TopLevel } else { Standing::Grouped(entry, number) };
                self.mine.extend(Mine::of(hooks, element, handler, standing, (entry, Some(number))));
            }
            groups.push(Some(handlers.into()));
        }
        Ok(groups)
    }
}

impl Mine {
    fn of(
        hooks: &Hooks<'_>,
        group: &Object<'_>,
        handler: &Object<'_>,
        standing: Standing,
        (entry, within): (usize, Option<usize>),
    ) -> Option<Self> {
        let command = handler.get_string("command")?;
        let args = handler.get_array("args");
        let written = command.value.as_ref();
        let is_old = hooks.event == BASH_EVENT && is_bash_program(written);
        let call = match args {
            Some(args) => Some(Call { program: written.to_owned(), args: strings(args).unwrap_or_default() }),
            None => Call::of(written),
        };
        (is_old || call.is_some_and(|call| (hooks.owns)(&call))).then(|| Self {
            standing,
            conditions: Conditions::of(group, handler),
            entry,
            within,
            range: handler.range,
            command: command.range,
            args: args.map(Ranged::range),
            written: written.to_owned(),
            args_written: args.and_then(strings),
            is_old,
            is_run: match standing {
                Standing::Grouped(..) => !hooks.flat,
                Standing::Flat => hooks.flat,
                Standing::TopLevel => false,
            },
        })
    }
}

/// The one event of the bash program.
const BASH_EVENT: &str = "SessionStart";

/// Whether a command runs the bash program's hook, from wherever it was checked out.
fn is_bash_program(command: &str) -> bool {
    command.contains("/surface-handoffs.sh")
}

fn strings(array: &Array<'_>) -> Option<Vec<String>> {
    let string = |value: &Value<'_>| Some(value.as_string_lit()?.value.to_string());
    array.elements.iter().map(string).collect()
}

fn object<'v, 't>(text: &str, value: &'v Value<'t>, what: &str) -> Result<&'v Object<'t>, Malformed> {
    value.as_object().ok_or_else(|| Malformed::at(text, value.start(), format!("{what} is no object")))
}

fn array<'v, 't>(text: &str, value: &'v Value<'t>, what: &str) -> Result<&'v Array<'t>, Malformed> {
    value.as_array().ok_or_else(|| Malformed::at(text, value.start(), format!("{what} is no list")))
}
