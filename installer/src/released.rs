//! A newer release, by the way that the installed one came.

use std::path::Path;
use std::process::{Command, Stdio};

use handoff_files::{Dir, Scratch};
use handoff_process::{Environment, Output, Status};
use semver::Version;
use serde_json::json;

use crate::args::Options;
use crate::error::InstallError;
use crate::fetch::{answer, get};
use crate::manifest::Manifest;
use crate::mcp_servers;
use crate::places::Places;
use crate::report::Report;
use crate::way::{Package, Source};

/// Where Python's tools look for packages, unless one of these variables names another index.
const INDEX: &str = "https://pypi.org/simple";
const INDEX_VARIABLES: [&str; 3] = ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"];

/// The name of a release's script where it was downloaded to.
const SCRIPT: &str = "install.sh";

/// The newest release that `package`'s way has, asked there now. What comes before a release is not offered.
///
/// # Errors
/// [`InstallError::Tool`] when there is no answer, or none that names a version.
pub(crate) fn newest(package: &Package, environment: &Environment) -> Result<Version, InstallError> {
    let (asked, said) = match package.way.source() {
        Source::Npm => {
            let mut npm = Command::new(environment.find_program("npm").unwrap_or_else(|| "npm".into()));
            npm.args(["view", "agent-handoff", "version"]).env("npm_config_update_notifier", "false");
            ("npm".to_owned(), answer(&mut npm))
        }
        Source::Index => {
            let url = format!("{}/handoff-inbox/", index().trim_end_matches('/'));
            let said = get(&url, environment);
            (without_login(&url), said)
        }
        Source::Releases if package.repository.is_empty() => {
            return Err(InstallError::Tool(
                "ask for a newer version: the package does not say where it was released; download a newer archive, and \
                 run `./install` in it"
                    .to_owned(),
            ));
        }
        Source::Releases => {
            let url = format!("{}/releases/latest/download/SHA256SUMS", package.repository);
            let said = get(&url, environment);
            (url, said)
        }
    };
    let said = said.map_err(|why| InstallError::Tool(format!("ask {asked} for a newer version: {why}")))?;
    let text = String::from_utf8_lossy(&said);
    let found = match package.way.source() {
        Source::Npm => text.trim().parse().ok(),
        Source::Index => named(&text, "handoff_inbox-", "-py3-"),
        Source::Releases => named(&text, "agent-handoff-", &format!("-{}.tar.gz", package.target)),
    };
    found.ok_or_else(|| InstallError::Tool(format!("find a version in what {asked} says")))
}

/// The newest of the versions that stand between `before` and `after` in a list of files.
fn named(text: &str, before: &str, after: &str) -> Option<Version> {
    let versions = text.split(before).skip(1).filter_map(|rest| {
        let (version, _) = rest.split_once(after)?;
        version.parse::<Version>().ok()
    });
    versions.filter(|version| version.pre.is_empty()).max()
}

fn index() -> String {
    let set = INDEX_VARIABLES.iter().filter_map(|name| Environment::variable(name)?.into_string().ok());
    set.into_iter().next().unwrap_or_else(|| INDEX.to_owned())
}

/// An address without a user's name and token.
fn without_login(url: &str) -> String {
    match url.split_once("://").map(|(scheme, rest)| (scheme, rest.split_once('@'))) {
        Some((scheme, Some((login, rest)))) if !login.contains('/') => format!("{scheme}://{rest}"),
        _ => url.to_owned(),
    }
}

/// Asks for the newest release and, where it is newer, gets it by the same way: its own installer installs and proves it,
/// and puts the programs of before back when that fails.
///
/// # Errors
/// [`InstallError::Tool`].
pub(crate) fn upgrade(
    package: &Package,
    options: &Options,
    places: &Places,
    manifest: &Manifest,
    environment: &Environment,
    output: &Output,
) -> Result<Status, InstallError> {
    let newest = newest(package, environment)?;
    let mut report = Report::new(places, options.json);
    let is_newer = manifest.version.parse::<Version>().is_ok_and(|installed| newest > installed);
    if !is_newer {
        report.say("upgrade", &format!("{} is the newest", manifest.version), "new", json!([]));
        return Ok(report.print(output));
    }
    let title = format!("{newest} is there; this is {}, which came {}", manifest.version, package.way.came());
    let newest = newest.to_string();
    report.say("upgrade", &title, "new", json!([newest]));
    let getting = Getting::of(package, &newest, places, manifest, environment)?;
    if options.dry_run {
        report.note(format!("would run: {}", getting.shown()));
        return Ok(report.print(output));
    }
    // Before the time that a download takes, and also when it fails.
    if !options.json {
        report.print(output);
        report = Report::new(places, false);
    }
    let status = getting.run(environment, output)?;
    let installed = Manifest::load(places)?.version;
    if installed != newest {
        return Err(match status {
            Status::Done => InstallError::Tool(format!(
                "upgrade: {} installed {installed} and not {newest}",
                getting.shown()
            )),
            _ => not_installed(),
        });
    }
    report.say("upgraded", &format!("{newest} is installed and proved"), "upgraded", json!(true));
    let printed = report.print(output);
    // The programs are there; a file that they could not be wired in was named above.
    Ok(if status == Status::Done { printed } else { status })
}

/// That an installer failed before its programs were there.
pub(crate) fn not_installed() -> InstallError {
    InstallError::Tool(
        "upgrade: the new version could not be installed, as it says above; the old one is still there"
            .to_owned(),
    )
}

/// Runs an installer, which asks nothing; what it prints goes to standard error. Gives [`Status::NotDone`] when it failed,
/// also where only a file of the user's could not be changed.
pub(crate) fn run_installer(command: &mut Command, output: &Output) -> Status {
    match command.stdin(Stdio::null()).stderr(Stdio::inherit()).output() {
        Ok(done) => {
            output.note(&String::from_utf8_lossy(&done.stdout));
            if done.status.success() { Status::Done } else { Status::NotDone }
        }
        Err(_) => Status::NotDone,
    }
}

/// How a version is got.
enum Getting {
    /// By commands, one after the other.
    Commands(Vec<Vec<String>>),
    /// By the release's script at this address, with these arguments.
    Script(String, Vec<String>),
}

impl Getting {
    fn of(
        package: &Package,
        version: &str,
        places: &Places,
        manifest: &Manifest,
        environment: &Environment,
    ) -> Result<Self, InstallError> {
        // Checked to be UTF-8.
        let prefix = places.prefix.to_string_lossy().into_owned();
        let agents: Vec<_> = manifest.agents.known().map(|host| host.row().id).collect();
        let only = if agents.is_empty() { Vec::new() } else { vec!["--only".to_owned(), agents.join(",")] };
        if let Some(script) = package.script(version) {
            let mut arguments = vec!["--prefix".to_owned(), prefix];
            arguments.extend(mcp_servers::left_out(manifest, places));
            arguments.push("--".to_owned());
            arguments.extend(only);
            return Ok(Self::Script(script, arguments));
        }
        let options = [vec!["--home".to_owned(), prefix], only].concat();
        let commands = package.commands(version, manifest.origin.as_deref(), environment, &options);
        commands.map(Self::Commands).ok_or_else(|| {
            InstallError::Tool(format!(
                "upgrade: the programs came {}, so this must be on PATH: {}",
                package.way.came(),
                package.way.needs()
            ))
        })
    }

    /// As it would be typed.
    fn shown(&self) -> String {
        let line = |words: &[String]| {
            words.iter().map(|word| handoff_process::quoted(Path::new(word))).collect::<Vec<_>>().join(" ")
        };
        match self {
            Self::Commands(lines) => lines.iter().map(|words| line(words)).collect::<Vec<_>>().join(" && "),
            Self::Script(url, arguments) => format!("sh {url} {}", line(arguments)),
        }
    }

    fn run(&self, environment: &Environment, output: &Output) -> Result<Status, InstallError> {
        match self {
            Self::Commands(lines) => {
                let mut each = lines
                    .iter()
                    .map(|words| run_installer(Command::new(&words[0]).args(&words[1..]), output));
                // The next one uses what the one before it got.
                Ok(each.find(|status| *status != Status::Done).unwrap_or(Status::Done))
            }
            Self::Script(url, arguments) => {
                let script = get(url, environment).map_err(|why| {
                    InstallError::Tool(format!("download {url}: {why}; nothing was changed"))
                })?;
                let scratch = Scratch::new("agent-handoff-upgrade")?;
                if let Some(dir) = Dir::open(scratch.path())? {
                    dir.append(SCRIPT, &script)?;
                }
                let mut sh = Command::new("sh");
                Ok(run_installer(sh.arg(scratch.path().join(SCRIPT)).args(arguments), output))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{named, without_login};

    #[test]
    fn the_newest_release_is_found_among_the_files_that_are_listed() {
        let index = "<a href='handoff_inbox-0.9.0-py3-none-any.whl'>x</a> handoff_inbox-0.10.0-py3-none-x.whl\n\
                     handoff_inbox-0.11.0-rc.1-py3-none-x.whl handoff_inbox-\u{1b}[2J-py3-none";
        assert_eq!(named(index, "handoff_inbox-", "-py3-").unwrap().to_string(), "0.10.0");
        let sums = "00  agent-handoff-0.2.0-x86_64-unknown-linux-musl.tar.gz\n00  agent-handoff-0.3.0.cdx.json\n\
                    00  agent-handoff-0.3.0-aarch64-apple-darwin.tar.gz\n";
        let newest = |target: &str| named(sums, "agent-handoff-", &format!("-{target}.tar.gz"));
        assert_eq!(newest("aarch64-apple-darwin").unwrap().to_string(), "0.3.0");
        assert_eq!(newest("x86_64-unknown-linux-musl").unwrap().to_string(), "0.2.0");
        assert_eq!(newest("riscv64"), None);
    }

    #[test]
    fn a_token_in_an_address_is_not_shown() {
        assert_eq!(without_login("https://me:token@index.example/simple/"), "https://index.example/simple/");
        for plain in ["https://pypi.org/simple/@x/", "https://pypi.org", "nothing"] {
            assert_eq!(without_login(plain), plain);
        }
    }
}
