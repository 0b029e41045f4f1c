//! Putting ours in.

use super::survey::{Mine, Survey, VERSION};
use super::{Handler, Hooks, Run, Standing};
use crate::Made;
use crate::json::{Layout, Tree};
use crate::malformed::Malformed;
use crate::splice::Splices;

impl Hooks<'_> {
    /// The file with `handler` in it, once: in the place of one of ours that was there, else at the end. What a user
    /// changed of ours beside the command (the timeout, a matcher) stays.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn wire(&self, text: &str, handler: &Handler) -> Result<(String, Made), Malformed> {
        let (bom, rest) = crate::without_bom(text);
        let mut text = rest.to_owned();
        let mut survey = Survey::of(self, &text)?;
        let lacks_version = self.lacks_version(&survey);
        if lacks_version {
            let mut splices = Splices::default();
            let layout = Layout::of(&text, &survey.root);
            layout.add_property(&mut splices, &survey.root, VERSION, &Tree::Number(1));
            text = splices.apply(&text);
            survey = Survey::of(self, &text)?;
        }
        let made = match (&survey.hooks, &survey.event) {
            (None, _) if lacks_version => Made::Outer,
            (None, _) => Made::Parent,
            (_, None) => Made::List,
            _ => Made::Item,
        };
        loop {
            let keep = survey.mine.iter().position(|mine| mine.runs(handler));
            let keep = keep.or_else(|| survey.mine.iter().position(|mine| mine.can_stay(self.flat)));
            let too_many = (0..survey.mine.len()).rev().find(|&number| Some(number) != keep);
            if let Some(number) = too_many {
                text = self.without(&text, &survey, &survey.mine[number], Made::Item);
            } else if let Some(mine) = keep.map(|number| &survey.mine[number]) {
                return Ok(([bom, &self.change(&text, &survey, mine, handler)].concat(), made));
            } else {
                return Ok(([bom, &self.add(&text, &survey, handler)].concat(), made));
            }
            survey = Survey::of(self, &text)?;
        }
    }

    fn add(&self, text: &str, survey: &Survey, handler: &Handler) -> String {
        let layout = Layout::of(text, &survey.root);
        let mut splices = Splices::default();
        match (&survey.hooks, &survey.event) {
            (_, Some((_, event))) => layout.add_element(&mut splices, event, &handler.entry(self.flat)),
            (Some((_, hooks)), None) => {
                let list = Tree::Array(vec![handler.entry(self.flat)]);
                layout.add_property(&mut splices, hooks, self.event, &list);
            }
            (None, None) => {
                let list = Tree::Array(vec![handler.entry(self.flat)]);
                let hooks = Tree::Object(vec![(self.event, list)]);
                layout.add_property(&mut splices, &survey.root, "hooks", &hooks);
            }
        }
        splices.apply(text)
    }

    /// The file in which `mine` runs `handler`.
    fn change(&self, text: &str, survey: &Survey, mine: &Mine, handler: &Handler) -> String {
        if mine.runs(handler) {
            return text.to_owned();
        }
        let layout = Layout::of(text, &survey.root);
        let mut splices = Splices::default();
        match (&handler.run, mine.args) {
            _ if mine.standing == Standing::Flat && !self.flat => {
                layout.replace(&mut splices, mine.range, &handler.entry(false));
            }
            _ if mine.is_old => layout.replace(&mut splices, mine.range, &handler.tree(self.flat)),
            (Run::Shell(command), None) => {
                splices.replace(mine.command.start..mine.command.end, crate::json::string(command));
            }
            (Run::Exec(program, args), Some(range)) => {
                splices.replace(mine.command.start..mine.command.end, crate::json::string(program));
                if mine.args_written.as_ref() != Some(args) {
                    let args = args.iter().cloned().map(Tree::Text).collect();
                    layout.replace(&mut splices, range, &Tree::Array(args));
                }
            }
            _ => layout.replace(&mut splices, mine.range, &handler.tree(self.flat)),
        }
        splices.apply(text)
    }

    /// Whether the file has to say its version, and does not. One that has hooks was taken, or refused, without it.
    fn lacks_version(&self, survey: &Survey) -> bool {
        self.flat && survey.hooks.is_none() && survey.version.is_none()
    }
}

impl Mine {
    /// Whether its place is one for ours. The bash program's installers left one for some starts of a session alone,
    /// which no user chose.
    fn can_stay(&self, flat: bool) -> bool {
        let is_limited =
            self.is_old && self.conditions.matcher.as_deref().is_some_and(|text| !text.is_empty());
        let has_group = matches!(self.standing, Standing::Grouped(..));
        self.standing != Standing::TopLevel && !is_limited && !(flat && has_group)
    }

    /// Whether the host runs exactly this here.
    fn runs(&self, handler: &Handler) -> bool {
        let args = self.args_written.as_deref();
        let readable = args.is_some() == self.args.is_some();
        readable && self.is_run && handler.run.is(&self.written, args)
    }
}
