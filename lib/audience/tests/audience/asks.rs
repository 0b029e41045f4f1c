//! What a stranger is answered.

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use handoff_audience::{Audience, Stranger, UnknownReason};
use tests::{can, has};

use crate::server::{Server, repositories};

/// As long as a server may take under load.
const LONG: Duration = Duration::from_secs(60);

/// A server, and the directory of its repositories.
fn server() -> Option<(Server, tempfile::TempDir)> {
    if !can("serve a repository with git", has("git")) {
        return None;
    }
    let (scratch, root) = repositories();
    let other = Server::start(&root, None);
    Some((Server::start(&root, Some(other.address)), scratch))
}

fn git() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|directory| directory.join("git")).find(|git| git.is_file()).unwrap()
}

fn stranger() -> Stranger {
    Stranger::new(git(), std::env::vars_os().collect()).with_timeout(LONG)
}

#[test]
fn what_is_answered_to_a_stranger_is_public() {
    let Some((server, _scratch)) = server() else { return };
    for path in ["public.git", "empty.git", "renamed.git"] {
        assert_eq!(stranger().ask(&server.url(path)), Audience::Public, "{path}");
    }
    let with_user = server.url("public.git").replace("http://", "http://ann:secret@");
    assert_eq!(stranger().ask(&with_user), Audience::Public);
}

#[test]
fn what_is_refused_to_a_stranger_is_private() {
    let Some((server, _scratch)) = server() else { return };
    for (path, status) in
        [("private.git", 401), ("forbidden.git", 403), ("gone.git", 404), ("was-private.git", 401)]
    {
        assert_eq!(stranger().ask(&server.url(path)), Audience::Private { status }, "{path}");
    }
}

#[test]
fn every_other_answer_says_nothing() {
    let Some((server, _scratch)) = server() else { return };
    for (path, reason) in [
        ("broken.git", UnknownReason::Status(500)),
        ("limited.git", UnknownReason::Status(429)),
        // Git ends with 0 here.
        ("page.git", UnknownReason::NotGit),
        ("sso.git", UnknownReason::NotGit),
        ("away.git", UnknownReason::Redirected),
    ] {
        assert_eq!(stranger().ask(&server.url(path)), Audience::Unknown(reason), "{path}");
    }
    // The refs never end, or the heads.
    for path in ["endless.git", "headers.git"] {
        let answer = stranger().with_timeout(Duration::from_secs(2)).ask(&server.url(path));
        assert!(matches!(answer, Audience::Unknown(_)), "{path}: {answer:?}");
    }
}

#[test]
fn where_nothing_listens_it_is_unknown() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let answer = stranger().ask(&format!("http://{closed}/app.git"));
    assert_eq!(answer, Audience::Unknown(UnknownReason::Unreachable));
    let answer = stranger().ask("file:///srv/git/app.git");
    assert_eq!(answer, Audience::Unknown(UnknownReason::Address));
    let nowhere = Stranger::new(PathBuf::from("/nonexistent/git"), Vec::new());
    assert_eq!(nowhere.ask("https://127.0.0.1/app.git"), Audience::Unknown(UnknownReason::Git));
}

#[test]
fn a_server_that_says_nothing_is_given_up_and_the_programs_that_waited_are_ended() {
    let Some((server, _scratch)) = server() else { return };
    let timeout = Duration::from_millis(700);
    let answer = stranger().with_timeout(timeout).ask(&server.url("silent.git"));
    assert_eq!(answer, Audience::Unknown(UnknownReason::Timeout(timeout)));
    let url = server.url("silent.git");
    // A killed process takes a moment to end.
    let began = Instant::now();
    while is_running(&url) {
        assert!(began.elapsed() < Duration::from_secs(20), "a program still asks {url}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process has `argument` on its command line.
fn is_running(argument: &str) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else { return false };
    processes.flatten().any(|process| {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        line.split(|&byte| byte == 0).any(|word| word == argument.as_bytes())
    })
}

/// A home whose `~/.netrc`, `.gitconfig` and stored credentials let one in.
fn home_with_passwords(directory: &Path, server: &Server) -> Vec<(OsString, OsString)> {
    let address = server.address;
    std::fs::write(directory.join(".netrc"), format!("machine {} login ann password secret\n", address.ip()))
        .unwrap();
    std::fs::write(directory.join("stored"), format!("http://ann:secret@{address}\n")).unwrap();
    let stored = directory.join("stored");
    let config = format!(
        "[credential]\n\thelper = store --file={}\n[http]\n\textraHeader = Authorization: Basic YW5uOnNlY3JldA==\n",
        stored.display()
    );
    std::fs::write(directory.join(".gitconfig"), config).unwrap();
    let askpass = directory.join("askpass");
    std::fs::write(&askpass, "#!/bin/sh\necho secret\n").unwrap();
    assert!(Command::new("chmod").arg("755").arg(&askpass).status().unwrap().success());
    let mut environment: Vec<(OsString, OsString)> =
        vec![("PATH".into(), std::env::var_os("PATH").unwrap()), ("HOME".into(), directory.into())];
    for name in ["GIT_ASKPASS", "SSH_ASKPASS"] {
        environment.push((name.into(), askpass.clone().into()));
    }
    environment.push(("GIT_CONFIG_GLOBAL".into(), directory.join(".gitconfig").into()));
    for (name, value) in [
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "http.extraHeader"),
        ("GIT_CONFIG_VALUE_0", "Authorization: Basic YW5uOnNlY3JldA=="),
    ] {
        environment.push((name.into(), value.into()));
    }
    environment
}

#[test]
fn no_password_of_the_user_makes_a_private_repository_public() {
    let Some((server, _scratch)) = server() else { return };
    let home = tempfile::tempdir().unwrap();
    let environment = home_with_passwords(home.path(), &server);
    let url = server.url("private.git");
    // Each of them lets git in.
    let netrc_alone: Vec<_> = environment[..2].to_vec();
    std::fs::rename(home.path().join(".gitconfig"), home.path().join("aside")).unwrap();
    let listed =
        Command::new(git()).args(["ls-remote", &url]).env_clear().envs(netrc_alone).output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    std::fs::rename(home.path().join("aside"), home.path().join(".gitconfig")).unwrap();
    std::fs::remove_file(home.path().join(".netrc")).unwrap();
    let listed =
        Command::new(git()).args(["ls-remote", &url]).env_clear().envs(environment).output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));

    let environment_again = home_with_passwords(home.path(), &server);
    let before = server.asked().len();
    let asks = Stranger::new(git(), environment_again).with_timeout(LONG);
    for url in [url.clone(), url.replace("http://", "http://ann:secret@")] {
        assert_eq!(asks.ask(&url), Audience::Private { status: 401 }, "{url}");
    }
    let asked = server.asked();
    assert!(asked.len() > before);
    for request in &asked[before..] {
        assert_eq!(request.header("Authorization"), None, "{request:?}");
    }
}

#[test]
fn git_is_given_nothing_that_says_who_asks() {
    let scratch = tempfile::tempdir().unwrap();
    let script = "printf '#!/bin/sh\\nenv > \"%s\"\\n' \"$0/seen\" > \"$0/git\"; chmod 755 \"$0/git\"";
    assert!(Command::new("sh").args(["-c", script]).arg(scratch.path()).status().unwrap().success());
    let environment = std::env::vars_os().chain([("SSH_AUTH_SOCK".into(), "/run/agent".into())]);
    let asks = Stranger::new(scratch.path().join("git"), environment.collect()).with_timeout(LONG);
    assert_eq!(asks.ask("https://example.org/app"), Audience::Unknown(UnknownReason::Unreachable));
    let seen = std::fs::read_to_string(scratch.path().join("seen")).unwrap();
    let mut names: Vec<_> = seen.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    // The shell adds some of its own; certificates are named on some machines alone.
    names.retain(|name| !["_", "PWD", "OLDPWD", "SHLVL", "SSL_CERT_DIR", "SSL_CERT_FILE"].contains(name));
    names.sort_unstable();
    let given = [
        "GIT_CEILING_DIRECTORIES",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_SYSTEM",
        "GIT_TERMINAL_PROMPT",
        "GIT_TRACE_CURL",
        "GIT_TRACE_CURL_NO_DATA",
        "HOME",
        "LC_ALL",
        "PATH",
    ];
    assert_eq!(names, given);
    assert!(seen.contains("HOME=/dev/null\n"), "{seen}");
}

#[test]
fn no_proxy_is_asked() {
    let Some((server, _scratch)) = server() else { return };
    // It would refuse everything, with 404.
    let proxy = format!("http://{}", server.address);
    let mut environment: Vec<_> = std::env::vars_os().collect();
    for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
        environment.push((name.into(), proxy.clone().into()));
    }
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let asks = Stranger::new(git(), environment).with_timeout(LONG);
    assert_eq!(asks.ask(&format!("http://{closed}/app.git")), Audience::Unknown(UnknownReason::Unreachable));
    assert!(server.asked().is_empty());
}
