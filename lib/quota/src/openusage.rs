//! What openusage knows, asked at its daemon's socket.
//!
//! Relied on, of <https://github.com/janekbaraniewski/openusage> 0.12 to 0.19 (the daemon's API version `v1`):
//!
//! - `internal/daemon/accounts.go`, `internal/telemetry/paths.go`: the socket is `$OPENUSAGE_TELEMETRY_SOCKET`, else
//!   `$XDG_STATE_HOME/openusage/telemetry.sock`, else `~/.local/state/openusage/telemetry.sock`; blanks around the
//!   values don't count.
//! - `internal/daemon/server_http.go`: `POST /v1/read-model` with `{"accounts":[],"provider_links":{}}` answers for the
//!   accounts of the daemon's own configuration, which is also what it keeps an answer ready for. When it has none
//!   ready it computes for seconds: that is too late for us, but the next one finds it ready.
//! - `internal/daemon/types.go`, `internal/core/types.go`: 200 with `{"snapshots":{ACCOUNT:{"provider_id","account_id",
//!   "timestamp","status","metrics":{KEY:{"used","limit","remaining","unit","window"}},"resets":{KEY:RFC 3339},…}}}`,
//!   numbers left out where unknown. `timestamp` is when the provider was asked, not when the daemon was.
//! - `internal/providers/claude_code`: provider `claude_code`, metrics `usage_five_hour`, `usage_seven_day`,
//!   `usage_seven_day_opus`, … with `used` in percent, resets under the metric's name.
//! - `internal/providers/codex`: provider `codex`, metrics `rate_limit_primary`, `rate_limit_secondary` and
//!   `rate_limit_<limit>_primary`, the same way.
//!
//! `status` (`OK`, `NEAR_LIMIT`, `LIMITED`, …) is inferred from thresholds of the user's dashboard, from requests per
//! minute and from messages, and is not looked at: only numbers of windows count.

use std::path::{Path, PathBuf};
use std::time::Instant;

use handoff_agents::{CLAUDE_CODE, CODEX};
use handoff_document::Timestamp;
use serde_json::Value;

use crate::source::{Source, SourceError};
use crate::window::{Percent, Reading, SourceName, WINDOWS, Window, WindowName, is_fresh};
use crate::{http, json};

/// The most snapshots that are looked at; openusage knows 34 providers.
const SNAPSHOTS: usize = 512;

/// Where the daemon listens, from the values of `OPENUSAGE_TELEMETRY_SOCKET`, `XDG_STATE_HOME` and `HOME`. None when
/// none of them tells, or a relative path, which would be another one in every directory.
pub fn socket_path(named: Option<&Path>, state_home: Option<&Path>, home: Option<&Path>) -> Option<PathBuf> {
    let path = match (filled(named), filled(state_home)) {
        (Some(named), _) => named,
        (None, Some(state)) => state.join("openusage/telemetry.sock"),
        (None, None) => home?.join(".local/state/openusage/telemetry.sock"),
    };
    path.is_absolute().then_some(path)
}

/// A value without the blanks around it; None when nothing is left.
fn filled(value: Option<&Path>) -> Option<PathBuf> {
    let value = value?;
    let trimmed = value.to_str().map_or(value, |text| Path::new(text.trim()));
    (!trimmed.as_os_str().is_empty()).then(|| trimmed.to_owned())
}

/// openusage's daemon. Costs one look at the file system when it does not run.
#[derive(Debug)]
pub struct OpenusageSocket(PathBuf);

impl OpenusageSocket {
    /// The daemon behind the socket at `path`, see [`socket_path`].
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }
}

impl Source for OpenusageSocket {
    fn name(&self) -> SourceName {
        SourceName::OpenusageSocket
    }

    fn read(&self, now: Timestamp, deadline: Instant) -> Result<Option<Reading>, SourceError> {
        let Some(access) = handoff_files::socket_access(&self.0)? else { return Ok(None) };
        if !access.is_ours() {
            return Err(SourceError::NotOurs(self.0.clone()));
        }
        let request = r#"{"accounts":[],"provider_links":{}}"#;
        let body = http::post(&self.0, "/v1/read-model", request, deadline)?;
        let malformed = |reason| SourceError::Malformed { path: self.0.clone(), reason };
        let answer = json::parse(&body).ok_or(malformed("its answer is no JSON"))?;
        let snapshots = answer.get("snapshots").ok_or(malformed("its answer has no snapshots"))?;
        Ok(reading(snapshots, SourceName::OpenusageSocket, now))
    }
}

/// The windows in snapshots, which stand in a list (as exported) or under their accounts' names.
pub(crate) fn reading(snapshots: &Value, source: SourceName, now: Timestamp) -> Option<Reading> {
    let list = snapshots.as_array().into_iter().flatten();
    let named = snapshots.as_object().into_iter().flat_map(|map| map.values());
    let mut windows: Vec<Window> = Vec::new();
    let mut observed = now;
    for snapshot in list.chain(named).take(SNAPSHOTS) {
        let Some(at) = snapshot.get("timestamp").and_then(json::time).filter(|at| is_fresh(*at, now)) else {
            continue;
        };
        for window in of_snapshot(snapshot).filter(|window| !window.is_over(now)) {
            observed = observed.min(at);
            add(&mut windows, window);
        }
    }
    (!windows.is_empty()).then_some(Reading { windows, source, observed })
}

/// Of several accounts' windows of one name the fullest counts: which account a session uses is not known, and a
/// capture too many costs less than one too few.
fn add(windows: &mut Vec<Window>, window: Window) {
    let same = windows.iter().position(|other| other.tool == window.tool && other.name == window.name);
    match same {
        Some(index) if windows[index].used < window.used => windows[index] = window,
        None if windows.len() < WINDOWS => windows.push(window),
        _ => {}
    }
}

fn of_snapshot(snapshot: &Value) -> impl Iterator<Item = Window> {
    let provider = snapshot.get("provider_id").and_then(Value::as_str).unwrap_or_default();
    let metrics = snapshot.get("metrics").and_then(Value::as_object);
    let resets = snapshot.get("resets");
    metrics.into_iter().flatten().filter_map(move |(key, metric)| {
        let reset = resets.and_then(|resets| json::first(resets, &[key, &format!("{key}_reset")]));
        let resets_at = reset.and_then(json::time);
        let (tool, name) = match provider {
            "claude_code" => (Some(&CLAUDE_CODE), WindowName::new(key.strip_prefix("usage_")?)?),
            "codex" => (Some(&CODEX), WindowName::new(&codex_name(key.strip_prefix("rate_limit_")?))?),
            // Of other providers' metrics, those are windows that start anew at a known time.
            _ => (None, WindowName::new(&format!("{provider}:{key}")).filter(|_| resets_at.is_some())?),
        };
        Some(Window { tool, name, minutes: minutes(metric), used: used(metric)?, resets_at })
    })
}

/// `primary` as it is, `code_review_primary` as `code_review:primary`, which is what a rollout's limits are called.
fn codex_name(key: &str) -> String {
    let split = ["primary", "secondary"].into_iter().find_map(|slot| {
        let limit = key.strip_suffix(slot)?.strip_suffix('_')?;
        Some(format!("{limit}:{slot}"))
    });
    split.unwrap_or_else(|| key.to_owned())
}

/// The share that a metric says is used.
fn used(metric: &Value) -> Option<Percent> {
    let number = |key| metric.get(key).and_then(json::number);
    let limit = number("limit").filter(|limit| *limit > 0.0);
    let used = match (number("used"), number("remaining"), limit) {
        (Some(used), _, _) if metric.get("unit").and_then(Value::as_str) == Some("%") => used,
        (Some(used), _, Some(limit)) => used / limit * 100.0,
        (None, Some(remaining), Some(limit)) => (limit - remaining).max(0.0) / limit * 100.0,
        _ => return None,
    };
    Percent::new(used)
}

/// `5h`, `7d`, `7d-opus`, `rolling-5h`, `300m`: how long a window is.
fn minutes(metric: &Value) -> Option<u32> {
    let label = metric.get("window")?.as_str()?;
    let label = label.strip_prefix("rolling-").unwrap_or(label);
    let digits = label.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = label.split_at(digits);
    let minutes = match unit.split('-').next()? {
        "m" => 1,
        "h" => 60,
        "d" => 24 * 60,
        _ => return None,
    };
    number.parse::<u32>().ok()?.checked_mul(minutes)
}
