//! Who the user is, and which repository this is, as git has it.

use std::path::Path;

use handoff_bundle::GitError;
use handoff_process::Environment;
use handoff_text::Sanitised;

use crate::error::MailError;
use crate::git::Git;

/// The user, as git names the author of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `user.name`.
    pub name: String,
    /// `user.email`.
    pub mail: String,
}

impl Identity {
    /// Of the user in the worktree at `top`.
    pub(crate) fn of(git: &Git, top: &Path) -> Result<Self, MailError> {
        let config = git.config(top)?;
        let read = |key: &'static str| -> Result<String, MailError> {
            let value = Sanitised::line(config.get(key).as_bytes(), 200).to_string();
            if value.trim().is_empty() { Err(MailError::Unset(key)) } else { Ok(value.trim().to_owned()) }
        };
        Ok(Self { name: read("user.name")?, mail: read("user.email")?.to_lowercase() })
    }
}

impl Identity {
    /// The same, where git is there and knows.
    pub fn here(environment: &Environment, top: &Path) -> Option<Self> {
        Self::of(&Git::find(environment).ok()?, top).ok()
    }
}

/// The repository's names, each `host/path` of a remote: that of `origin` first.
pub(crate) fn repositories(git: &Git, top: &Path) -> Result<Vec<String>, GitError> {
    let mut names: Vec<(bool, String)> = Vec::new();
    for setting in git.config(top)?.iter() {
        let remote = setting.key().strip_prefix("remote.").and_then(|key| key.strip_suffix(".url"));
        let Some((remote, url)) = remote.zip(setting.value()) else { continue };
        if let Some(name) = repository(url) {
            names.push((remote != "origin", name));
        }
    }
    // A stable sort: the others stay in the order of the file.
    names.sort_by_key(|(is_other, _)| *is_other);
    Ok(names.into_iter().map(|(_, name)| name).collect())
}

/// `host/path` of a URL, by which two clones of a repository know each other however each reaches it: without scheme, user,
/// port and `.git`, the host in lower case. `None` of a path on this machine, which says nothing elsewhere, and of a server on
/// this machine, as the proxy of a cloud sandbox is.
pub(crate) fn repository(url: &str) -> Option<String> {
    let url = url.trim();
    let (host, path) = match url.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.split_once('/')?,
        // `user@host:path`, as scp has it; a path has a slash before its first colon.
        None => url.split_once(':').filter(|(host, _)| !host.contains('/'))?,
    };
    let host = host.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    if matches!(host.as_str(), "localhost" | "127.0.0.1") || host.starts_with('[') {
        return None;
    }
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path).trim_end_matches('/');
    let is_plain =
        |text: &str| !text.is_empty() && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    (is_plain(&host) && is_plain(path) && host.len() + path.len() < 250).then(|| format!("{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::repository;

    #[test]
    fn every_way_to_a_repository_has_one_name() {
        for url in [
            "https://github.com/acme/app",
            "https://ann:token@GitHub.com/acme/app.git",
            "ssh://git@github.com:22/acme/app.git/",
            "git@github.com:acme/app.git",
            "git@github.com:/acme/app",
            "git://github.com/acme/app.git",
        ] {
            assert_eq!(repository(url).as_deref(), Some("github.com/acme/app"), "{url}");
        }
        for url in [
            "",
            "/srv/app.git",
            "../app",
            "file:///srv/app.git",
            "./a:b",
            "https://",
            "https://github.com/",
            "http://local_proxy@127.0.0.1:36297/git/acme/app",
            "http://localhost/acme/app",
            "http://[::1]:80/acme/app",
        ] {
            assert_eq!(repository(url), None, "{url}");
        }
    }
}
