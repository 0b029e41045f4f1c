//! What became of a handoff that was offered to a session.

use handoff_delivery::{Offer, Standing};
use handoff_document::{Document, Timestamp, age};
use handoff_text::Sanitised;
use serde_json::{Value, json};

use crate::table::{Cell, Style};

/// How many characters of a session's id are shown: enough to tell it from others.
const SESSION: usize = 8;

/// The offer that a handoff stands at: one that is open, or the last one without a sign that it was read.
pub(crate) fn of(standing: &Standing) -> Option<&Offer> {
    match standing {
        Standing::OnOffer { offer, .. } => Some(offer),
        Standing::Waiting(past) => past.offered.as_deref(),
        Standing::Delivered(_) => None,
    }
}

/// `to claude-code 1a2b3c4d, 4 min ago`, and whether that session is over.
pub(crate) fn cell(standing: &Standing, now: Timestamp) -> Cell {
    let Some(offer) = of(standing) else { return Cell::new("", Style::Plain) };
    let session = offer.session.as_deref().unwrap_or("unknown");
    let session: String = Sanitised::line(session.as_bytes(), 128).chars().take(SESSION).collect();
    let since = age(offer.at, now);
    match standing {
        Standing::OnOffer { .. } => Cell::new(&format!("to {} {session}, {since}", offer.host), Style::Warn),
        _ => Cell::new(&format!("{since}, not read"), Style::Dim),
    }
}

/// The same for programs.
pub(crate) fn entry(standing: &Standing) -> Value {
    let Some(offer) = of(standing) else { return Value::Null };
    json!({
        "at": offer.at.to_string(),
        "host": offer.host,
        "session": offer.session,
        "open": matches!(standing, Standing::OnOffer { .. }),
    })
}

/// How an archived handoff was received: `acknowledged` when the session repeated the sentinel, else `delivered`.
pub(crate) fn receipt(document: &Document<'_>) -> &'static str {
    match (document.field("acknowledged"), document.field("received_at")) {
        (Some("true"), _) => "acknowledged",
        (_, Some(_)) => "delivered",
        (_, None) => "",
    }
}
