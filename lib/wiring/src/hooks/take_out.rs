//! Taking ours out.

use super::survey::{Mine, Survey};
use super::{Hooks, Standing};
use crate::Made;
use crate::json::{Container, Layout};
use crate::malformed::Malformed;
use crate::splice::Splices;

impl Hooks<'_> {
    /// The file without anything of ours, and without what of its surroundings we made and is empty now.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn unwire(&self, text: &str, made: Made) -> Result<String, Malformed> {
        let (bom, rest) = crate::without_bom(text);
        let mut text = rest.to_owned();
        let mut had_hooks = false;
        loop {
            let survey = Survey::of(self, &text)?;
            // From the end, so that what comes last has nothing of ours after it that would need a place.
            let Some(mine) = survey.mine.last() else {
                let goes = self.flat && made == Made::Outer && had_hooks && survey.hooks.is_none();
                return Ok([bom, &if goes { without_version(&text, &survey) } else { text }].concat());
            };
            had_hooks = true;
            text = self.without(&text, &survey, mine, made);
        }
    }

    /// The file without `mine`.
    pub(super) fn without(&self, text: &str, survey: &Survey, mine: &Mine, made: Made) -> String {
        let layout = Layout::of(text, &survey.root);
        let mut splices = Splices::default();
        self.take_out(&layout, &mut splices, survey, mine, made);
        splices.apply(text)
    }

    /// The innermost thing that is not ours alone stays; what would be left empty goes with it.
    fn take_out(&self, layout: &Layout<'_>, splices: &mut Splices, survey: &Survey, mine: &Mine, made: Made) {
        let stray = mine.standing == Standing::TopLevel;
        let (list, groups) =
            if stray { (&survey.stray, &survey.stray_groups) } else { (&survey.event, &survey.groups) };
        let Some((number, list)) = list else { return };
        if let (Some(group), Some(within)) = (&groups[mine.entry], mine.within) {
            let is_followed = mine.entry + 1 < list.children.len();
            if group.children.len() > 1 || (self.keeps_places && is_followed && !stray) {
                return layout.take_out(splices, group, within);
            }
        }
        if list.children.len() > 1 {
            return layout.take_out(splices, list, mine.entry);
        }
        let hooks = survey.hooks.as_ref().filter(|_| !stray);
        match hooks {
            _ if !stray && made == Made::Item => layout.take_out(splices, list, mine.entry),
            Some((hooks_number, hooks)) if is_alone(hooks) && made >= Made::Parent => {
                layout.take_out(splices, &survey.root, *hooks_number);
            }
            Some((_, hooks)) => layout.take_out(splices, hooks, *number),
            None => layout.take_out(splices, &survey.root, *number),
        }
    }
}

/// The file without the version that came with ours.
fn without_version(text: &str, survey: &Survey) -> String {
    let Some((number, true)) = survey.version else { return text.to_owned() };
    let mut splices = Splices::default();
    Layout::of(text, &survey.root).take_out(&mut splices, &survey.root, number);
    splices.apply(text)
}

fn is_alone(container: &Container) -> bool {
    container.children.len() == 1
}
