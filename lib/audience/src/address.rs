//! From a remote's address to the URL that is asked.
//!
//! It is one of https, since any machine on the way can answer for a host without TLS; of http for this machine alone.

use crate::UnknownReason;

/// A URL without a user.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Question {
    url: String,
    /// How long scheme, host and port are in it.
    origin: usize,
}

impl Question {
    /// What is asked about `remote`.
    pub(crate) fn of(remote: &str) -> Result<Self, UnknownReason> {
        let (scheme, authority, path, is_ssh) = parts(remote).ok_or(UnknownReason::Address)?;
        // Git splits at the last one too.
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        // The port of ssh is none of https.
        let host = if is_ssh { without_port(host) } else { host };
        let path = path.trim_start_matches('/');
        if !(is_host(host) && is_path(path)) {
            return Err(UnknownReason::Address);
        }
        if is_ssh && !(host.contains('.') || host.contains(':')) {
            return Err(UnknownReason::Alias(host.to_owned()));
        }
        let origin = format!("{scheme}://{host}");
        Ok(Self { url: format!("{origin}/{path}"), origin: origin.len() })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// `https` or `http`.
    pub(crate) fn scheme(&self) -> &str {
        self.url.split(':').next().unwrap_or_default()
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> &str {
        &self.url[..self.origin]
    }
}

/// The scheme to ask with, user and host with port, the path, and whether they are ssh's.
fn parts(remote: &str) -> Option<(&str, &str, &str, bool)> {
    if let Some((scheme, rest)) = remote.split_once("://") {
        let (authority, path) = rest.split_once('/')?;
        return match scheme {
            "https" => Some(("https", authority, path, false)),
            "http" => Some((if is_loopback(authority) { "http" } else { "https" }, authority, path, false)),
            "ssh" | "git+ssh" | "ssh+git" => Some(("https", authority, path, true)),
            _ => None,
        };
    }
    // `user@host:path`, where no slash comes before the colon; not `helper::address`.
    let colon = match remote.find('[') {
        Some(open) => open + remote[open..].find("]:")? + 1,
        None => remote.find(':')?,
    };
    let (authority, path) = (&remote[..colon], &remote[colon + 1..]);
    (!authority.contains('/') && !path.starts_with(':')).then_some(("https", authority, path, true))
}

fn is_loopback(authority: &str) -> bool {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    matches!(without_port(host), "127.0.0.1" | "[::1]" | "localhost")
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !port_is_of_address(name) => name,
        _ => host,
    }
}

/// Whether the last colon stands inside of the brackets of an IPv6 address.
fn port_is_of_address(name: &str) -> bool {
    name.contains('[') && !name.contains(']')
}

/// A name, an address, with or without a port.
fn is_host(host: &str) -> bool {
    let is_of_address = |b: u8| b.is_ascii_hexdigit() || b == b':' || b == b'.';
    let is_of_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) if address.bytes().all(is_of_address) => (address, port.strip_prefix(':')),
        Some(_) => return false,
        None => match host.split_once(':') {
            Some((name, port)) if name.bytes().all(is_of_name) => (name, Some(port)),
            None if host.bytes().all(is_of_name) => (host, None),
            _ => return false,
        },
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    !name.is_empty() && !name.starts_with('-') && port.is_none_or(is_port)
}

/// A path that is the same in a URL: without a home directory, a query, or what would have to be encoded.
fn is_path(path: &str) -> bool {
    !path.is_empty()
        && !path.starts_with('~')
        && path
            .bytes()
            .all(|b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#' | b'\\' | b'"' | b'<' | b'>'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(remote: &str) -> String {
        match Question::of(remote) {
            Ok(question) => question.url,
            Err(reason) => format!("{reason:?}"),
        }
    }

    #[test]
    fn each_form_of_an_address_is_asked_by_https_without_a_user() {
        for (remote, url) in [
            ("https://github.com/acme/app.git", "https://github.com/acme/app.git"),
            ("https://ann:secret@github.com/acme/app", "https://github.com/acme/app"),
            ("https://a@b@git.example.org:8443/app", "https://git.example.org:8443/app"),
            ("http://127.0.0.1:80/app", "http://127.0.0.1:80/app"),
            ("http://ann@localhost/app", "http://localhost/app"),
            ("http://127.0.0.1.example.org/app", "https://127.0.0.1.example.org/app"),
            ("http://127.0.0.1@example.org/app", "https://example.org/app"),
            ("http://example.org:8080/app", "https://example.org:8080/app"),
            ("ssh://git@github.com/acme/app.git", "https://github.com/acme/app.git"),
            ("ssh://git@git.example.org:2222/acme/app", "https://git.example.org/acme/app"),
            ("git+ssh://git@github.com//acme/app", "https://github.com/acme/app"),
            ("git@github.com:acme/app.git", "https://github.com/acme/app.git"),
            ("github.com:/acme/app.git", "https://github.com/acme/app.git"),
            ("git@[2001:db8::1]:acme/app", "https://[2001:db8::1]/acme/app"),
            ("ssh://git@[2001:db8::1]:22/acme/app", "https://[2001:db8::1]/acme/app"),
            ("ssh://git@[2001:db8::1]/acme/app", "https://[2001:db8::1]/acme/app"),
            ("work:acme/app", "Alias(\"work\")"),
            ("ssh://work/acme/app", "Alias(\"work\")"),
        ] {
            assert_eq!(asked(remote), url, "{remote}");
        }
    }

    #[test]
    fn what_has_no_https_form_is_not_asked() {
        for remote in [
            "",
            "/srv/git/app.git",
            "../app",
            "app",
            "./a:b",
            "file:///srv/git/app.git",
            "git://example.org/app",
            "ext::sh -c true",
            "codecommit::eu-central-1://app",
            "https://example.org",
            "https://example.org/",
            "https:///app",
            "https://-example.org/app",
            "https://exa mple.org/app",
            "https://example.org:x/app",
            "https://example.org/app?x=1",
            "https://example.org/a\nb",
            "git@example.org:~ann/app",
            "git@example.org:a b",
            "git@example.org:",
            "-oProxyCommand=x@example.org\u{0}:a",
        ] {
            assert_eq!(asked(remote), "Address", "{remote}");
        }
    }
}
