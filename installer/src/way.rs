//! The ways that released programs come by, as one table: where a newer version is asked for, what gets it, and what of a
//! way stays when the programs go. How programs came is in the `origin.json` of their package (`packaging/README.md`).

use std::path::{Path, PathBuf};

use handoff_process::{Environment, quoted};
use serde::{Deserialize, Serialize};

use crate::manifest::Manifest;
use crate::places::Places;

/// The file that says how programs came, in the directory above theirs.
const NAME: &str = "origin.json";

/// Far more than it has, in bytes.
const MAX_ORIGIN_BYTES: u64 = 1 << 16;

/// How released programs come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Way {
    /// In an archive that was unpacked by hand.
    Archive,
    /// Through `install.sh`.
    Script,
    /// In an npm package.
    Npm,
    /// In a Python wheel.
    Pypi,
    /// With the Homebrew formula.
    Homebrew,
    /// In the file that `cargo binstall` downloads.
    Binstall,
}

/// The package that programs came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Package {
    /// How it came.
    pub(crate) way: Way,
    /// The platform of its programs, as Rust calls it.
    #[serde(default)]
    pub(crate) target: String,
    /// The commit that they were built at.
    #[serde(default)]
    pub(crate) commit: String,
    /// The address of the project that released it; empty where none is known.
    #[serde(default)]
    pub(crate) repository: String,
}

/// Where a way's newest version is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// npm, which knows the user's registry.
    Npm,
    /// The list of files of a Python index.
    Index,
    /// The sums of the repository's newest release.
    Releases,
}

/// What gets a version of a way's programs and installs them.
#[derive(Clone, Copy, Debug)]
enum Get {
    /// The first of these lists of commands whose programs are all here, one command after the other. `{version}` stands
    /// for the version, `{python}` for the Python that has the package. The last installs, and takes our options.
    Commands(&'static [&'static [&'static [&'static str]]]),
    /// The release's `install.sh`.
    Script,
}

/// All that is known of a way.
struct Row {
    way: Way,
    /// In a sentence: "came …".
    came: &'static str,
    source: Source,
    get: Get,
    /// What has to be here to get it, where it is missing.
    needs: &'static str,
}

/// A command and its arguments, as they are run.
pub(crate) type Line = Vec<String>;

/// Gets a version into the Python environment that has the package.
const PIP_INSTALL: &[&str] =
    &["{python}", "-m", "pip", "install", "--quiet", "--upgrade", "handoff-inbox=={version}"];

/// Installs from the Python environment that has the package.
const INSTALL_BY_PYTHON: &[&str] = &["{python}", "-m", "agent_handoff", "install"];

const TABLE: [Row; 6] = [
    Row {
        way: Way::Archive,
        came: "from an unpacked archive",
        source: Source::Releases,
        get: Get::Script,
        needs: "curl or wget",
    },
    Row {
        way: Way::Script,
        came: "through install.sh",
        source: Source::Releases,
        get: Get::Script,
        needs: "curl or wget",
    },
    Row {
        way: Way::Npm,
        came: "from npm",
        source: Source::Npm,
        get: Get::Commands(&[&[&["npx", "--yes", "agent-handoff@{version}", "install"]]]),
        needs: "npx, which comes with Node",
    },
    Row {
        way: Way::Pypi,
        came: "from PyPI",
        source: Source::Index,
        get: Get::Commands(&[
            &[&["uvx", "--refresh-package", "handoff-inbox", "handoff-inbox@{version}", "install"]],
            &[&["pipx", "run", "--spec", "handoff-inbox=={version}", "handoff-inbox", "install"]],
            &[PIP_INSTALL, INSTALL_BY_PYTHON],
        ]),
        needs: "uvx, pipx, or the Python that it was installed with",
    },
    Row {
        way: Way::Homebrew,
        came: "from Homebrew",
        source: Source::Releases,
        get: Get::Commands(&[&[&["brew", "upgrade", "agent-handoff"], &["agent-handoff", "install"]]]),
        needs: "brew",
    },
    Row {
        way: Way::Binstall,
        came: "through cargo binstall",
        source: Source::Releases,
        get: Get::Commands(&[&[
            &["cargo-binstall", "--no-confirm", "agent-handoff@{version}"],
            &["agent-handoff", "install"],
        ]]),
        needs: "cargo-binstall",
    },
];

impl Way {
    fn row(self) -> &'static Row {
        // Each has one: a test holds it.
        TABLE.iter().find(|row| row.way == self).unwrap_or(&TABLE[0])
    }

    /// In a sentence: "came …".
    pub(crate) fn came(self) -> &'static str {
        self.row().came
    }

    /// Where its newest version is asked for.
    pub(crate) fn source(self) -> Source {
        self.row().source
    }

    /// What has to be on this machine to get a version.
    pub(crate) fn needs(self) -> &'static str {
        self.row().needs
    }
}

impl Package {
    /// The package that the programs in `bin` lie in; `None` where there is none, or one that this version does not know.
    pub(crate) fn of(bin: &Path) -> Option<Self> {
        let text = handoff_files::read_file(&bin.parent()?.join(NAME), MAX_ORIGIN_BYTES).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// The command lines that get `version` and install it with `options`; `None` where this machine lacks a program
    /// for it.
    pub(crate) fn commands(
        &self,
        version: &str,
        origin: Option<&Path>,
        environment: &Environment,
        options: &[String],
    ) -> Option<Vec<Line>> {
        let Get::Commands(ways) = self.way.row().get else { return None };
        let python = origin.and_then(python_of);
        let filled = |word: &&str| match (*word, &python) {
            ("{python}", Some(python)) => python.to_str().map(str::to_owned),
            ("{python}", None) => None,
            (word, _) => Some(word.replace("{version}", version)),
        };
        let line = |words: &&[&str]| words.iter().map(filled).collect::<Option<Line>>();
        let is_here = |line: &Line| {
            // What the first command installs is not here yet.
            line[0] == "agent-handoff"
                || line[0].contains('/')
                || environment.find_program(&line[0]).is_some()
        };
        // What keeps the package up to date is asked first: another tool would put a second copy beside it.
        let keeper = origin.filter(|_| self.way == Way::Pypi).and_then(Keeper::of);
        let ways = keeper.map(Keeper::upgrade).into_iter().chain(ways.iter().copied());
        let mut found = ways.filter_map(|lines| lines.iter().map(line).collect::<Option<Vec<Line>>>());
        let mut found = found.find(|lines| lines.iter().all(is_here))?;
        found.last_mut()?.extend_from_slice(options);
        Some(found)
    }

    /// The address of the release `version`'s script; `None` for a way without one, or where no repository is known.
    pub(crate) fn script(&self, version: &str) -> Option<String> {
        let is_script = matches!(self.way.row().get, Get::Script) && !self.repository.is_empty();
        is_script.then(|| format!("{}/releases/download/v{version}/install.sh", self.repository))
    }

    /// The line to type that installs what `manifest` has again, in the prefix `home` where that is not the usual one;
    /// `None` where this machine lacks a program for it.
    pub(crate) fn again(
        &self,
        manifest: &Manifest,
        home: Option<&Path>,
        environment: &Environment,
        options: &[String],
    ) -> Option<String> {
        let version = &manifest.version;
        let words =
            |line: &[String]| line.iter().map(|word| format!(" {}", quoted(Path::new(word)))).collect();
        let home: Option<String> = home.map(|home| home.display().to_string());
        let option =
            |name: &str| home.iter().flat_map(|home| [name.to_owned(), home.clone()]).collect::<Line>();
        if let Some(script) = self.script(version) {
            let get = match (environment.find_program("curl"), environment.find_program("wget")) {
                (Some(_), _) => "curl -fsSL",
                (None, Some(_)) => "wget -q -O -",
                (None, None) => return None,
            };
            let mut arguments = option("--prefix");
            if !options.is_empty() {
                arguments.push("--".to_owned());
                arguments.extend_from_slice(options);
            }
            let arguments: String = words(&arguments);
            let arguments = if arguments.is_empty() { arguments } else { format!(" -s --{arguments}") };
            return Some(format!("{get} {} | sh{arguments}", quoted(Path::new(&script))));
        }
        let options = [options, &option("--home")].concat();
        let lines = self.commands(version, manifest.origin.as_deref(), environment, &options)?;
        let lines: Vec<String> = lines.iter().map(|line| words(line)).collect();
        Some(lines.join(" &&").trim_start().to_owned())
    }

    /// What of the package is still on this machine once the programs are taken away, and the command that removes it.
    /// Nothing where it lies in the cache of a tool.
    pub(crate) fn stays(
        &self,
        origin: Option<&Path>,
        places: &Places,
        environment: &Environment,
    ) -> Option<String> {
        let origin = origin.filter(|origin| handoff_files::is_directory(origin));
        let command = match (self.way, origin) {
            (Way::Npm, Some(origin)) => npm_uninstall(origin),
            (Way::Pypi, Some(origin)) => pypi_uninstall(origin),
            (Way::Homebrew, Some(_)) => Some("brew uninstall agent-handoff".to_owned()),
            (Way::Binstall, _) => {
                let is_here = environment.find_program("agent-handoff").is_some();
                is_here.then(|| "cargo uninstall agent-handoff".to_owned())
            }
            (Way::Archive, Some(origin)) => {
                return Some(format!("the unpacked archive is still in {}", places.short(origin.parent()?)));
            }
            _ => None,
        };
        Some(format!("what came {} is still there: {}", self.way.came(), command?))
    }
}

/// What is said when programs that came by one way are replaced by those of another: of the former something may stay,
/// and would be the older one on PATH some day.
pub(crate) fn replaced(
    old: &Manifest,
    new: &Manifest,
    places: &Places,
    environment: &Environment,
) -> Option<String> {
    let package = old.package.as_ref()?;
    if new.package.as_ref().is_some_and(|new| new.way == package.way) {
        return None;
    }
    let stays = package.stays(old.origin.as_deref(), places, environment);
    let stays = stays.map(|stays| format!("; {stays}")).unwrap_or_default();
    Some(format!("this replaces {}, which came {}{stays}", old.version, package.way.came()))
}

/// How to take away the npm package that programs lie in: `…/node_modules/agent-handoff-linux-x64/bin`.
fn npm_uninstall(origin: &Path) -> Option<String> {
    let has = |name: &str| origin.iter().any(|part| part == name);
    if has("_npx") {
        return None;
    }
    // npm puts what a global package needs into a `node_modules` of its own.
    let modules = origin.ancestors().filter(|path| path.ends_with("node_modules")).last()?;
    if modules.parent().is_some_and(|parent| parent.ends_with("lib")) {
        return Some("npm uninstall --global agent-handoff".to_owned());
    }
    Some(format!("npm --prefix {} uninstall agent-handoff", quoted(modules.parent()?)))
}

/// The tool that made the Python environment that a wheel lies in, and keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeper {
    /// `uv tool install`.
    Uv,
    /// `pipx install`.
    Pipx,
    /// `pip install`, in an environment of any other kind.
    Pip,
}

impl Keeper {
    /// That of the programs in `origin`; `None` where they lie in the cache of a tool that runs packages.
    fn of(origin: &Path) -> Option<Self> {
        let environment = environment_of(origin)?;
        let has = |name: &str| handoff_files::is_file(&environment.join(name));
        let is_cached = |part: &std::ffi::OsStr| {
            let part = part.to_string_lossy();
            part.starts_with("archive-v") || part.starts_with("environments-v") || part == ".cache"
        };
        if has("uv-receipt.toml") {
            Some(Self::Uv)
        } else if origin.iter().any(is_cached) {
            None
        } else if has("pipx_metadata.json") {
            Some(Self::Pipx)
        } else {
            python_of(origin).map(|_| Self::Pip)
        }
    }

    /// The commands that get a version and install it.
    fn upgrade(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Uv => &[&["uv", "tool", "install", "handoff-inbox=={version}"], INSTALL_BY_PYTHON],
            Self::Pipx => &[&["pipx", "install", "--force", "handoff-inbox=={version}"], INSTALL_BY_PYTHON],
            Self::Pip => &[PIP_INSTALL, INSTALL_BY_PYTHON],
        }
    }
}

/// How to take away the wheel that programs lie in: by the tool that made its environment.
fn pypi_uninstall(origin: &Path) -> Option<String> {
    Some(match Keeper::of(origin)? {
        Keeper::Uv => "uv tool uninstall handoff-inbox".to_owned(),
        Keeper::Pipx => "pipx uninstall handoff-inbox".to_owned(),
        Keeper::Pip => format!("{} -m pip uninstall handoff-inbox", quoted(&python_of(origin)?)),
    })
}

/// The directory of the Python environment that a wheel's programs lie in:
/// `ENVIRONMENT/lib/python3.N/site-packages/agent_handoff/bin`.
fn environment_of(origin: &Path) -> Option<PathBuf> {
    origin.ancestors().nth(5).map(Path::to_owned)
}

fn python_of(origin: &Path) -> Option<PathBuf> {
    let python = environment_of(origin)?.join("bin/python3");
    (origin.ends_with("agent_handoff/bin") && handoff_files::is_program(&python)).then_some(python)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use handoff_process::Environment;

    use crate::manifest::Manifest;

    use super::{Package, TABLE, Way, npm_uninstall, pypi_uninstall};

    fn package(way: Way) -> Package {
        let repository = "https://example.org/it".to_owned();
        Package { way, target: String::new(), commit: String::new(), repository }
    }

    #[test]
    fn each_way_has_one_row_under_the_name_that_its_package_bears() {
        for row in &TABLE {
            let word = serde_json::to_string(&row.way).unwrap();
            let package: Package = serde_json::from_str(&format!("{{\"way\":{word}}}")).unwrap();
            assert_eq!(package.way, row.way);
            assert_eq!(row.way.came(), row.came);
            assert_eq!(TABLE.iter().filter(|other| other.way == row.way).count(), 1);
        }
        let all = ["archive", "script", "npm", "pypi", "homebrew", "binstall"];
        assert_eq!(TABLE.len(), all.len());
        for word in all {
            assert!(serde_json::from_str::<Way>(&format!("\"{word}\"")).is_ok(), "{word}");
        }
    }

    #[test]
    fn what_is_not_on_this_machine_is_not_proposed() {
        let bin = tempfile::tempdir().unwrap();
        let mut environment = Environment { path: Some(bin.path().into()), ..Environment::default() };
        let manifest = Manifest { version: "0.2.0".to_owned(), ..Manifest::default() };
        let line = |way, environment: &Environment| package(way).again(&manifest, None, environment, &[]);
        for row in &TABLE {
            assert_eq!(line(row.way, &environment), None, "{:?}", row.way);
        }
        environment.path = Some("/bin:/usr/bin".into());
        let script = line(Way::Script, &environment).unwrap();
        assert!(
            script.ends_with("https://example.org/it/releases/download/v0.2.0/install.sh | sh"),
            "{script}"
        );
        let options = ["--only".to_owned(), "claude".to_owned()];
        let home = Some(Path::new("/opt/a b"));
        let script = package(Way::Script).again(&manifest, home, &environment, &options).unwrap();
        assert!(script.ends_with("| sh -s -- --prefix '/opt/a b' -- --only claude"), "{script}");
    }

    #[test]
    fn a_package_in_a_cache_needs_no_removal_and_others_their_own_tools() {
        let npm = |path: &str| npm_uninstall(Path::new(path));
        assert_eq!(npm("/h/.npm/_npx/0a/node_modules/agent-handoff-linux-x64/bin"), None);
        assert_eq!(
            npm("/usr/lib/node_modules/agent-handoff/node_modules/agent-handoff-linux-x64/bin").unwrap(),
            "npm uninstall --global agent-handoff"
        );
        assert_eq!(
            npm("/h/app/node_modules/agent-handoff-linux-x64/bin").unwrap(),
            "npm --prefix /h/app uninstall agent-handoff"
        );
        let pypi = |path: &str| pypi_uninstall(Path::new(path));
        assert_eq!(pypi("/h/.cache/uv/archive-v0/x/lib/python3.11/site-packages/agent_handoff/bin"), None);
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "tests set up files by hand")]
    fn a_wheel_is_upgraded_by_the_tool_that_keeps_its_environment_whatever_else_is_here() {
        let tools = tempfile::tempdir().unwrap();
        for tool in ["uv", "uvx", "pipx"] {
            std::os::unix::fs::symlink("/bin/sh", tools.path().join(tool)).unwrap();
        }
        let environment = Environment { path: Some(tools.path().into()), ..Environment::default() };
        for (marker, first) in [
            (Some("uv-receipt.toml"), "uv tool install handoff-inbox==0.2.0"),
            (Some("pipx_metadata.json"), "pipx install --force handoff-inbox==0.2.0"),
            (None, "PYTHON -m pip install --quiet --upgrade handoff-inbox==0.2.0"),
        ] {
            let made = tempfile::tempdir().unwrap();
            let origin = made.path().join("lib/python3.11/site-packages/agent_handoff/bin");
            std::fs::create_dir_all(&origin).unwrap();
            std::fs::create_dir(made.path().join("bin")).unwrap();
            std::os::unix::fs::symlink("/bin/sh", made.path().join("bin/python3")).unwrap();
            if let Some(marker) = marker {
                std::fs::write(made.path().join(marker), "").unwrap();
            }
            let lines = package(Way::Pypi).commands("0.2.0", Some(&origin), &environment, &[]).unwrap();
            let python = made.path().join("bin/python3").display().to_string();
            let lines: Vec<String> =
                lines.iter().map(|line| line.join(" ").replace(&python, "PYTHON")).collect();
            assert_eq!(lines, [first, "PYTHON -m agent_handoff install"], "{marker:?}");
        }
        let cached = Path::new("/h/.cache/uv/archive-v0/x/lib/python3.11/site-packages/agent_handoff/bin");
        let lines = package(Way::Pypi).commands("0.2.0", Some(cached), &environment, &[]).unwrap();
        assert_eq!(lines[0][0], "uvx");
    }
}
