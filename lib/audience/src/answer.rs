//! What the host answered.

use crate::run::Ran;
use crate::{Audience, UnknownReason};

/// What the trace has before a line of an answer's head.
const RECEIVED: &str = "<= Recv header: ";
/// The type of a git server's list of refs.
const ADVERTISEMENT: &str = "application/x-git-upload-pack-advertisement";

/// The head of an answer, as far as it matters.
#[derive(Debug, Default, PartialEq, Eq)]
struct Head {
    status: u16,
    is_git: bool,
    /// It sends on to another scheme, host or port.
    leads_away: bool,
}

/// Who can read what was asked for at `origin`.
pub(crate) fn audience(ran: &Ran, origin: &str) -> Audience {
    let heads = heads(&String::from_utf8_lossy(&ran.stderr), origin);
    let is_listed = ran.stdout.split(|&byte| byte == b'\n').any(|line| line.ends_with(b"\tHEAD"));
    if ran.is_success && (is_listed || heads.iter().any(|head| head.status == 200 && head.is_git)) {
        return Audience::Public;
    }
    let Some(last) = heads.last() else { return Audience::Unknown(UnknownReason::Unreachable) };
    let is_refused = |head: &Head| matches!(head.status, 401 | 403 | 404);
    let is_redirect = |head: &Head| (300..400).contains(&head.status);
    let is_private = is_refused(last) && heads.iter().all(|head| is_refused(head) || is_redirect(head));
    Audience::Unknown(match last.status {
        _ if heads.iter().any(|head| head.leads_away) => UnknownReason::Redirected,
        status if is_private => return Audience::Private { status },
        200..300 => UnknownReason::NotGit,
        _ if heads.iter().any(|head| head.status == 200) => UnknownReason::NotGit,
        status => UnknownReason::Status(status),
    })
}

/// The heads of all answers, in their order.
fn heads(trace: &str, origin: &str) -> Vec<Head> {
    let mut heads: Vec<Head> = Vec::new();
    for line in trace.lines().filter_map(|line| Some(line.split_once(RECEIVED)?.1)) {
        match status(line) {
            // The answer itself is still to come.
            Some(100..200) => continue,
            Some(status) => {
                heads.push(Head { status, ..Head::default() });
                continue;
            }
            None => {}
        }
        let (Some(head), Some((name, value))) = (heads.last_mut(), line.split_once(':')) else { continue };
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-type") {
            head.is_git = value == ADVERTISEMENT;
        } else if name.eq_ignore_ascii_case("location") {
            head.leads_away = !stays(value, origin);
        }
    }
    heads
}

/// The status of a line like `HTTP/1.1 404 Not Found`.
fn status(line: &str) -> Option<u16> {
    line.strip_prefix("HTTP/")?.split(' ').nth(1)?.parse().ok()
}

/// Whether a redirection leads to the same scheme, host and port.
fn stays(location: &str, origin: &str) -> bool {
    match location.get(..origin.len()) {
        Some(start) if start.eq_ignore_ascii_case(origin) => location[origin.len()..].starts_with('/'),
        _ => !location.contains("://") && !location.starts_with("//"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://example.org";

    fn of(is_success: bool, stdout: &str, heads: &[&str]) -> Audience {
        let line = |line: &str| format!("14:37:40.173177 http.c:872              <= Recv header: {line}\n");
        let stderr: String = heads.iter().flat_map(|head| head.split('|')).map(line).collect();
        let ran = Ran { is_success, stdout: stdout.into(), stderr: stderr.into_bytes() };
        audience(&ran, ORIGIN)
    }

    #[test]
    fn only_the_asked_host_refuses() {
        let unknown = Audience::Unknown;
        let private = |status| Audience::Private { status };
        assert_eq!(of(false, "", &["HTTP/2 404|server: x"]), private(404));
        assert_eq!(of(false, "", &["HTTP/1.1 401 Unauthorized"]), private(401));
        assert_eq!(of(false, "", &["HTTP/2 103", "HTTP/2 401|location: /sign-in"]), private(401));
        assert_eq!(of(false, "", &["HTTP/1.1 301 Moved|Location: /a.git", "HTTP/1.1 401 No"]), private(401));
        let near = "HTTP/1.1 301 Moved|Location: https://EXAMPLE.org/a.git";
        assert_eq!(of(false, "", &[near, "HTTP/1.1 403 No"]), private(403));
        for away in [
            "https://example.org.evil.net/a",
            "http://example.org/a",
            "//evil.net/a",
            "https://example.org:1/a",
        ] {
            let head = format!("HTTP/1.1 301 Moved|location: {away}");
            assert_eq!(
                of(false, "", &[&head, "HTTP/1.1 404 No"]),
                unknown(UnknownReason::Redirected),
                "{away}"
            );
        }
    }

    #[test]
    fn what_is_no_refusal_is_unknown() {
        let unknown = Audience::Unknown;
        assert_eq!(of(false, "", &[]), unknown(UnknownReason::Unreachable));
        assert_eq!(
            of(true, "", &["HTTP/1.1 200 OK|Content-Type: text/html"]),
            unknown(UnknownReason::NotGit)
        );
        assert_eq!(of(false, "", &["HTTP/1.1 200 OK", "HTTP/1.1 404 No"]), unknown(UnknownReason::NotGit));
        for status in [407, 410, 429, 451, 500, 503] {
            let head = format!("HTTP/1.1 {status} No");
            assert_eq!(of(false, "", &[&head]), unknown(UnknownReason::Status(status)));
        }
        let login = "HTTP/1.1 302 Found|Location: /login";
        assert_eq!(of(false, "", &[login]), unknown(UnknownReason::Status(302)));
        let smart = format!("HTTP/1.1 200 OK|Content-Type: {ADVERTISEMENT}");
        assert_eq!(of(false, "", &[&smart, "HTTP/1.1 403 No"]), unknown(UnknownReason::NotGit));
        assert_eq!(of(true, "", &[&smart]), Audience::Public);
        // A server of plain files lists them without that type.
        let listed = "1111111111111111111111111111111111111111\tHEAD\n";
        assert_eq!(of(true, listed, &["HTTP/1.1 200 OK"]), Audience::Public);
    }
}
