//! Why a run failed, in the backend's own words, and which kind of failure that is.

use handoff_text::Sanitised;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The backend's own text; it may have several lines.
    pub text: Sanitised,
    /// What kind of failure it tells of, as far as that can be said.
    pub kind: ReasonKind,
}

/// What a caller may do about a failure depends on this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasonKind {
    /// The account's allowance for a time is used up: it goes on when the window resets, not with a retry.
    UsageLimit,
    /// Too many requests at once.
    RateLimit,
    /// The key or the login was refused.
    Credentials,
    /// The conversation does not fit the model's context.
    ContextFull,
    /// The service failed or was overloaded.
    Service,
    /// The number of turns or the money that the caller allowed is used up.
    Allowance,
    /// The conversation to continue is not there.
    UnknownSession,
    /// Anything else.
    Other,
}

impl Reason {
    /// A reason whose kind only its words tell, as all of Codex's.
    pub fn of_words(text: Sanitised) -> Self {
        let kind = kind_of_words(&text);
        Self { text, kind }
    }

    /// A reason with the HTTP status that the service answered with. A used-up subscription is a 429 like any other:
    /// its words tell it apart.
    pub fn of_status(text: Sanitised, status: Option<u64>) -> Self {
        let words = kind_of_words(&text);
        let kind = match status {
            _ if words == ReasonKind::UsageLimit || words == ReasonKind::ContextFull => words,
            Some(401 | 403) => ReasonKind::Credentials,
            Some(413) => ReasonKind::ContextFull,
            Some(429) => ReasonKind::RateLimit,
            Some(500..=599) => ReasonKind::Service,
            _ => words,
        };
        Self { text, kind }
    }
}

/// The words of the recorded streams, of `You've hit your [session|weekly] limit · resets 2am` (claude-code issues
/// 21111, 54698) and of the older `Claude AI usage limit reached`.
fn kind_of_words(text: &str) -> ReasonKind {
    const WORDS: &[(ReasonKind, &[&str])] = &[
        (ReasonKind::UsageLimit, &["usage limit", "hit your limit", "out of extra usage"]),
        (ReasonKind::UsageLimit, &["hit your session limit", "hit your weekly limit", "hour limit reached"]),
        (ReasonKind::UsageLimit, &["weekly limit reached", "hit your opus limit", "hit your sonnet limit"]),
        (ReasonKind::ContextFull, &["prompt is too long", "context window"]),
        (ReasonKind::RateLimit, &["rate limit", "429 too many requests", "api error: 429", r#""code":429"#]),
        (
            ReasonKind::Credentials,
            &[
                "401 unauthorized",
                "403 forbidden",
                "invalid api key",
                "please run /login",
                "api error: 401",
                r#""code":401"#,
            ],
        ),
        (ReasonKind::UnknownSession, &["no conversation found", "no rollout found"]),
        (
            ReasonKind::Service,
            &["high demand", "overloaded", "internal server error", "status: 5", "status 5"],
        ),
    ];
    let text = text.to_lowercase();
    let told = |words: &[&str]| words.iter().any(|word| text.contains(word));
    WORDS.iter().find(|(_, words)| told(words)).map_or(ReasonKind::Other, |(kind, _)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_told_by_words_and_status() {
        use ReasonKind::*;
        for (text, status, kind) in [
            ("You've hit your limit · resets 2am (Europe/Berlin)", Some(429), UsageLimit),
            ("You’ve hit your usage limit. Try again later.", None, UsageLimit),
            ("Claude AI usage limit reached|1749924000", None, UsageLimit),
            ("5-hour limit reached ∙ resets 3pm", Some(429), UsageLimit),
            (
                "API Error: Request rejected (429) · Number of requests has exceeded your rate limit",
                Some(429),
                RateLimit,
            ),
            ("API Error: Repeated 529 Overloaded errors", Some(529), Service),
            ("exceeded retry limit, last status: 503 Service Unavailable", None, Service),
            ("Prompt is too long", Some(400), ContextFull),
            ("anything", Some(401), Credentials),
            ("the tests fail", None, Other),
        ] {
            assert_eq!(Reason::of_status(text.into(), status).kind, kind, "{text}");
        }
    }
}
