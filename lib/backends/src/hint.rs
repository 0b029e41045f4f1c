//! What to do about a reason that an agent gave, where the agent does not know it.

use handoff_agents::Protocol;

use crate::backend::{Backend, Setting};
use crate::template;
use crate::toml;

/// What agents and endpoints say of a login that is none.
const REFUSED: [&str; 6] = [
    "unauthorized",
    "authentication_error",
    "invalid_api_key",
    "invalid api key",
    "not logged in",
    "please run /login",
];

impl Backend {
    /// What to do when a run ended for `reason`, where the configuration decides it and the reason does not say so. No
    /// values, only names.
    pub fn hint(&self, reason: &str) -> Option<String> {
        let reason = reason.to_lowercase();
        if self.protocol == Protocol::Claude
            && reason.contains("--dangerously-skip-permissions")
            && reason.contains("root")
        {
            return Some(format!(
                "where root may do everything, as in a container, put `IS_SANDBOX: 1` into `backends.{0}.env`; \
                 else `permission_mode: acceptEdits` into `backends.{0}`",
                self.name
            ));
        }
        let mut words = reason.split(|c: char| !c.is_ascii_alphanumeric());
        if !words.any(|word| word == "401") && !REFUSED.iter().any(|said| reason.contains(said)) {
            return None;
        }
        let Some(token) = self.token() else {
            return Some(self.own_login());
        };
        let variables: Vec<_> = template::variables(&token.written).collect();
        Some(match variables.as_slice() {
            [] => format!("the token in {token} was refused"),
            names => {
                format!("the token was refused: it is your variable {}, named in {token}", names.join(", "))
            }
        })
    }

    /// What to do where the backend declares no login.
    fn own_login(&self) -> String {
        let program = self.protocol.name();
        let Some(variable) = self.protocol.program().login else {
            return format!("the login of `{program}` itself was used: log in with `{program}`");
        };
        // A variable that the agent inherits may be the login.
        let whose = if self.inherit.passes(self.protocol, variable, false) {
            format!("the login of `{program}` itself was used, or {variable} of your environment")
        } else {
            format!("the login of `{program}` itself was used, and no variable of yours")
        };
        format!(
            "{whose}: log in with `{program}`, or pass a token on, `{variable}: \"${{{variable}}}\"` in \
             `backends.{}.env`",
            self.name
        )
    }

    /// The login that the backend declares.
    fn token(&self) -> Option<&Setting> {
        let declared = |wanted: &str| {
            let mut env = self.env.iter();
            env.find(|(name, setting)| name == wanted && !setting.written.is_empty())
                .map(|(_, setting)| setting)
        };
        // The `env_key` of a provider in Codex's settings; empty for the others.
        let keys = self.config.iter().filter(|(name, _)| name.written.ends_with(".env_key"));
        let keys = keys.flat_map(|(_, key)| toml::texts(key)).map(|key| key.written.as_str());
        keys.chain(self.protocol.program().logins.iter().copied()).find_map(declared)
    }
}
