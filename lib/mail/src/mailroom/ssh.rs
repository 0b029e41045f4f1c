//! How ssh is called for git: never for ever, in the background without a question, and with one connection for a whole command.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use handoff_files::Dir;

use super::MailroomError;
use crate::git::Git;

/// The longest path of a socket, in bytes: macOS has room for 104, and ssh adds 17 while it makes one.
const MAX_SOCKET_BYTES: usize = 86;
/// What the name of such a socket begins with; the program's number follows.
const SOCKET: &str = "s";

/// Removes the sockets of earlier commands. The command that holds the mailroom's lock is the only one that uses one.
pub(super) fn prepare(dir: &Dir) -> Result<(), MailroomError> {
    for entry in dir.entries()? {
        let digits = entry.name.to_str().and_then(|name| name.strip_prefix(SOCKET));
        if digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
        {
            dir.remove(&entry.name)?;
        }
    }
    Ok(())
}

/// The command that git runs to reach `url`, a URL of the user's repository at `top`, where that is by ssh. `own` is what the user
/// has set instead of `ssh`.
pub(super) fn command(
    git: &Git,
    top: &Path,
    dir: &Dir,
    url: &str,
    own: Option<OsString>,
    attended: bool,
) -> Result<Option<OsString>, MailroomError> {
    if url.starts_with('/') || url.starts_with("git://") || url.starts_with("file://") {
        return Ok(own);
    }
    // `url.*.insteadOf` may say more.
    let is_rewritten = git.config(top)?.iter().any(|setting| setting.key().starts_with("url."));
    let url = match url {
        url if is_rewritten => git.ask(top, &["ls-remote", "--get-url", url])?.unwrap_or_default(),
        url => url.to_owned(),
    };
    let host = host(&url);
    if attended && host.is_none() {
        return Ok(own);
    }
    let is_plain = own.as_deref().is_none_or(is_openssh);
    let mut command = own.unwrap_or_else(|| "ssh".into());
    if !attended {
        command.push(" -oBatchMode=yes");
    }
    if is_plain || !attended {
        command.push(" -oConnectTimeout=10");
    }
    if is_plain
        && let Some(socket) = socket(dir)
        && host.is_some_and(|host| may_share(git, &command, host))
    {
        command.push(format!(" -oControlMaster=auto -oControlPersist=10 -oControlPath={socket}"));
    }
    Ok(Some(command))
}

/// Whether the first word of `command` is called as OpenSSH's client is.
fn is_openssh(command: &OsStr) -> bool {
    let text = command.to_string_lossy();
    let program = text.split_ascii_whitespace().next().unwrap_or_default();
    program.rsplit('/').next() == Some("ssh")
}

/// The host of an ssh URL, or of `[USER@]HOST:PATH`.
fn host(url: &str) -> Option<&str> {
    let host = match url.split_once("://") {
        Some(("ssh" | "git+ssh" | "ssh+git", rest)) => {
            let authority = rest.split('/').next().unwrap_or_default();
            let host = authority.rsplit('@').next().unwrap_or_default();
            host.split(':').next().filter(|host| !host.starts_with('['))?
        }
        Some(_) => return None,
        None => url.split_once(':').filter(|(host, _)| !host.contains('/'))?.0.rsplit('@').next()?,
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (!host.is_empty() && !host.starts_with('-') && host.chars().all(is_name)).then_some(host)
}

/// Where the connection's socket is, where its name is short enough and needs no quoting.
fn socket(dir: &Dir) -> Option<String> {
    let path = dir.path_of(format!("{SOCKET}{}", std::process::id())).to_str()?.to_owned();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    (path.len() <= MAX_SOCKET_BYTES && path.chars().all(is_plain)).then_some(path)
}

/// Whether it is OpenSSH, and the user does not share connections to `host` already.
fn may_share(git: &Git, command: &OsStr, host: &str) -> bool {
    let mut line = command.to_owned();
    line.push(format!(" -G {host}"));
    let Some(said) = git.shell(&line) else { return false };
    let mut settings = said.lines().filter_map(|line| line.split_once(' '));
    said.lines().any(|line| line.starts_with("hostname "))
        && !settings.any(|(name, value)| name == "controlpath" && value != "none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_url_is_seen_and_what_could_be_an_option_is_none() {
        for (url, name) in [
            ("git@example.org:acme/app.git", Some("example.org")),
            ("desk:app", Some("desk")),
            ("ssh://ann@example.org:2222/srv/app", Some("example.org")),
            ("ssh://example.org/srv/app", Some("example.org")),
            ("https://example.org/app", None),
            ("/srv/app", None),
            ("./a:b", None),
            ("-oProxyCommand=x:y", None),
            ("a b:c", None),
        ] {
            assert_eq!(host(url), name, "{url}");
        }
        assert!(is_openssh(OsStr::new("/usr/bin/ssh -4")) && !is_openssh(OsStr::new("plink -batch")));
    }
}
