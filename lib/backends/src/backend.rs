//! One backend, as it is configured.

use std::fmt;

use handoff_agents::Protocol;

use crate::environment::Inherit;
use crate::error::{Reason, Warning, shown};
use crate::notify::Notify;
use crate::place::Place;
use crate::redact;
use crate::toml::{self, Argument};

/// A value as it is written: `${VAR}` and placeholders stand for what a launch makes of them.
///
/// `Display` names it, `Debug` too; neither shows the value.
#[derive(Clone, PartialEq, Eq)]
pub struct Setting {
    pub(crate) written: String,
    /// The keys that lead to it, with dots between.
    pub key: String,
    /// Where it stands.
    pub place: Place,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({})", shown(&self.key), self.place)
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.key.rsplit('.').next().unwrap_or_default();
        write!(f, "{}: {:?}", self.key, redact::template(name, &self.written))
    }
}

/// An agent that a task can be handed to.
#[derive(Clone, Debug)]
pub struct Backend {
    /// `[A-Za-z0-9][A-Za-z0-9._-]*`.
    pub name: String,
    /// `type`; claude when it is not given, as in handoff-cli.
    pub protocol: Protocol,
    pub(crate) model: Option<Setting>,
    pub(crate) pro_model: Option<Setting>,
    /// Codex's `model_reasoning_effort`, and that with `pro`.
    pub(crate) effort: Option<Setting>,
    pub(crate) pro_effort: Option<Setting>,
    /// The file's and its own, a paragraph each. Empty: the agent is told nothing.
    pub(crate) system_prompt: Vec<Setting>,
    /// In the order of the file; a null is not here.
    pub(crate) env: Vec<(String, Setting)>,
    pub(crate) inherit: Inherit,
    /// What the end of a run in the background does.
    pub notify: Notify,
    pub(crate) permission_mode: Option<Setting>,
    pub(crate) sandbox: Option<Setting>,
    pub(crate) config: Vec<(Setting, Argument)>,
    pub(crate) warnings: Vec<Warning>,
    /// Of its name.
    pub(crate) place: Place,
}

impl Backend {
    /// The model as it is written, for lists: `pro_model` with `pro`, where there is one. What it comes to is
    /// [`Launch::model`](crate::Launch::model).
    pub fn model(&self, pro: bool) -> Option<&str> {
        self.chosen(pro).map(|setting| setting.written.as_str())
    }

    /// What to say to who uses it: what was passed over in its part of the configuration, in order, and with `pro`, when
    /// there is nothing that this changes, that it is the ordinary one.
    pub fn warnings(&self, pro: bool) -> Vec<Warning> {
        let mut all = self.warnings.clone();
        if pro && self.pro_model.is_none() && self.pro_effort.is_none() {
            let (place, key) = (self.place.clone(), format!("backends.{}", self.name));
            all.push(Warning { place, key, reason: Reason::NoProModel });
        }
        all
    }

    /// What to say to who asks for the fast mode of a program that has none.
    pub fn fast_warning(&self) -> Option<Warning> {
        let warning = || Warning {
            place: self.place.clone(),
            key: format!("backends.{}", self.name),
            reason: Reason::NoFastMode(self.protocol),
        };
        (!self.protocol.program().has_fast_mode).then(warning)
    }

    /// Whether its `env` has the variable.
    pub fn sets(&self, name: &str) -> bool {
        self.env.iter().any(|(own, _)| own == name)
    }

    /// All that is read for placeholders, but for the system prompt: prose has braces of its own.
    pub(crate) fn settings(&self) -> impl Iterator<Item = &Setting> {
        let model = [&self.model, &self.pro_model, &self.effort, &self.pro_effort].into_iter().flatten();
        let own = model.chain([&self.permission_mode, &self.sandbox].into_iter().flatten());
        let texts = self.config.iter().flat_map(|(_, argument)| toml::texts(argument));
        own.chain(self.env.iter().map(|(_, setting)| setting)).chain(texts)
    }

    /// How hard Codex is to think.
    pub(crate) fn chosen_effort(&self, pro: bool) -> Option<&Setting> {
        self.pro_effort.as_ref().filter(|_| pro).or(self.effort.as_ref())
    }

    pub(crate) fn chosen(&self, pro: bool) -> Option<&Setting> {
        self.pro_model.as_ref().filter(|_| pro).or(self.model.as_ref())
    }
}
