//! Released programs: how they came is known, and upgrading, looking for something newer, doctor and uninstalling go by it.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tests::Ran;

use crate::support::{Machine, Tree, replace};

const TARGET: &str = "x86_64-unknown-linux-musl";

/// A machine with programs that came in a package.
struct Packaged {
    machine: Machine,
    /// What stands in for the tools of the ways, before all else on PATH.
    tools: PathBuf,
}

impl Packaged {
    fn new(way: &str, repository: &str) -> Self {
        let machine = Machine::small();
        let tools = machine.world.dir("tools");
        // What scripts need, and none of the tools that packages come by.
        let usual = machine.world.dir("usual");
        for name in ["sh", "sed", "cat", "mkdir", "mv", "echo", "printf", "yes", "curl", "git"] {
            let places = std::env::var_os("PATH").unwrap_or_default();
            let found = std::env::split_paths(&places).map(|dir| dir.join(name)).find(|path| path.is_file());
            symlink(found.unwrap_or_else(|| panic!("there is no {name}")), usual.join(name)).unwrap();
        }
        let path = std::env::join_paths([tools.clone(), usual]).unwrap();
        let packaged = Self { machine: machine.with("PATH", path), tools };
        packaged.says(way, "0.1.0", repository);
        packaged
    }

    /// Has the dist's package say how it came.
    fn says(&self, way: &str, version: &str, repository: &str) {
        let origin = serde_json::json!({
            "way": way, "version": version, "target": TARGET, "commit": "0a1b", "repository": repository,
        });
        std::fs::write(self.machine.world.path("origin.json"), origin.to_string()).unwrap();
    }

    /// Puts a tool on PATH, which notes its arguments and does what `script` says.
    fn tool(&self, name: &str, script: &str) {
        let log = self.log();
        replace(
            &self.tools.join(name),
            &format!("#!/bin/sh\necho \"{name} $*\" >>'{}'\n{script}\n", log.display()),
        );
    }

    fn log(&self) -> PathBuf {
        self.machine.world.path("asked")
    }

    fn asked(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// What a way's tool runs at last: the installer of a newer release, as far as the manifest shows.
    fn newer(&self, version: &str) -> String {
        let manifest = self.machine.path(".agent-handoff/manifest.json");
        format!(
            "sed -i 's/\"version\": \"[^\"]*\"/\"version\": \"{version}\"/' '{}'; echo installing",
            manifest.display()
        )
    }

    fn upgrade(&self, args: &[&str]) -> Ran {
        self.machine.run(&[&["upgrade"], args].concat())
    }

    fn prefix(&self) -> String {
        self.machine.path(".agent-handoff").display().to_string()
    }
}

/// Serves `answer` for every path, and 404 where it is empty; gives its address.
fn served(answer: &'static str) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = BufReader::new(stream.try_clone().unwrap());
            let head = request.lines().map_while(Result::ok).take_while(|line| !line.is_empty());
            let _ = head.count();
            let status = if answer.is_empty() { "404 Not Found" } else { "200 OK" };
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}",
                answer.len()
            );
        }
    });
    format!("http://{address}")
}

#[test]
fn programs_from_npm_are_upgraded_by_npm() {
    let packaged = Packaged::new("npm", "");
    packaged.machine.install();
    packaged.tool("npm", "echo 0.1.0");
    packaged.upgrade(&[]).is(0, "upgrade:     0.1.0 is the newest\n", "");
    packaged.tool("npm", "echo 0.3.0");
    packaged.tool("npx", &packaged.newer("0.3.0"));
    let prefix = packaged.prefix();
    let line = format!("npx --yes agent-handoff@0.3.0 install --home {prefix} --only claude,codex");
    let before = packaged.machine.tree();
    packaged.upgrade(&["--dry-run"]).is(
        0,
        &format!(
            "upgrade:     0.3.0 is there; this is 0.1.0, which came from npm\nnote: would run: {line}\n"
        ),
        "",
    );
    before.is(&packaged.machine.tree());
    let ran = packaged.upgrade(&[]);
    assert_eq!((ran.code, ran.err()), (0, "installing\n"));
    assert!(ran.out().ends_with("upgraded:    0.3.0 is installed and proved\n"), "{}", ran.out());
    assert!(packaged.asked().ends_with(&format!("{line}\n")), "{}", packaged.asked());
    // A file that could not be changed is named by the new installer, whose programs are there all the same.
    packaged.tool("npm", "echo 0.4.0");
    let unfinished =
        format!("{}; echo 'could not change settings.json' >&2; exit 1", packaged.newer("0.4.0"));
    packaged.tool("npx", &unfinished);
    let ran = packaged.upgrade(&[]);
    assert_eq!((ran.code, ran.err()), (1, "could not change settings.json\ninstalling\n"));
    assert!(ran.out().ends_with("upgraded:    0.4.0 is installed and proved\n"), "{}", ran.out());
}

#[test]
fn a_newer_release_that_is_not_installed_leaves_the_old_one_and_says_so() {
    let packaged = Packaged::new("npm", "");
    packaged.machine.install();
    packaged.tool("npm", "echo 0.3.0");
    let before = packaged.machine.tree();
    let fails = |why: &str| {
        let ran = packaged.upgrade(&[]);
        assert_eq!(ran.code, 1, "{}", ran.out());
        assert!(ran.err().contains(why), "{}", ran.err());
        before.is(&packaged.machine.tree());
    };
    // Node is not here any more.
    fails(
        "could not upgrade: the programs came from npm, so this must be on PATH: npx, which comes with Node",
    );
    packaged.tool("npx", "echo 'the proof failed' >&2; exit 1");
    fails(
        "could not upgrade: the new version could not be installed, as it says above; the old one is still there",
    );
    packaged.tool("npx", ":");
    fails("installed 0.1.0 and not 0.3.0");
    packaged.tool("npm", "printf '\\033[2J0.3.0\\n'");
    fails("could not find a version in what npm says");
    packaged.tool("npm", "printf '\\033[2Jno registry\\n' >&2; exit 3");
    fails("could not ask npm for a newer version: ");
    packaged.tool("npm", "yes 0.3.0");
    fails("the answer has more than ");
}

#[test]
fn programs_from_pypi_are_upgraded_by_the_tool_that_is_here() {
    let index =
        served("<a href=\"handoff_inbox-0.2.0-py3-none-x.whl\">handoff_inbox-0.2.0-py3-none-x.whl</a>");
    let mut packaged = Packaged::new("pypi", "");
    packaged.machine = packaged.machine.with("UV_INDEX_URL", &index);
    packaged.machine.install();
    let prefix = packaged.prefix();
    let ran = packaged.upgrade(&["--dry-run"]);
    assert!(ran.code == 1 && ran.err().contains("uvx, pipx, or the Python"), "{}", ran.err());
    packaged.tool("pipx", ":");
    let ran = packaged.upgrade(&["--dry-run"]);
    assert!(
        ran.out().contains("would run: pipx run --spec 'handoff-inbox==0.2.0' handoff-inbox install"),
        "{}",
        ran.out()
    );
    packaged.tool("uvx", &packaged.newer("0.2.0"));
    let ran = packaged.upgrade(&[]);
    assert_eq!((ran.code, ran.err()), (0, "installing\n"), "{}", ran.out());
    assert_eq!(
        packaged.asked(),
        format!(
            "uvx --refresh-package handoff-inbox handoff-inbox@0.2.0 install --home {prefix} --only claude,codex\n"
        )
    );
}

#[test]
fn programs_from_a_release_are_upgraded_by_its_script() {
    let sums: &str = "# 00  agent-handoff-0.2.0-x86_64-unknown-linux-musl.tar.gz\n\
                      echo \"$@\" >\"$HOME/../asked\"; exit 7\n";
    let packaged = Packaged::new("script", &served(sums));
    packaged.machine.install();
    let ran = packaged.upgrade(&[]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out().contains("0.2.0 is there; this is 0.1.0, which came through install.sh"),
        "{}",
        ran.out()
    );
    assert_eq!(packaged.asked(), format!("--prefix {} -- --only claude,codex\n", packaged.prefix()));
    // Who left the MCP server out is not given it.
    std::fs::remove_file(packaged.machine.world.path("dist/handoff-mcp")).unwrap();
    packaged.machine.install();
    packaged.upgrade(&[]);
    let asked = format!("--prefix {} --without-mcp -- --only claude,codex\n", packaged.prefix());
    assert_eq!(packaged.asked(), asked);
    // No server, none that may be asked, and a package that names none.
    for (repository, why) in [
        (served(""), "could not ask "),
        ("http://example.org/it".to_owned(), "only https addresses are asked"),
        (String::new(), "the package does not say where it was released"),
    ] {
        packaged.says("script", "0.1.0", &repository);
        packaged.machine.install();
        let before = Tree::of(&packaged.machine.home);
        let ran = packaged.upgrade(&[]);
        assert!(ran.code == 1 && ran.err().contains(why), "{why}: {}", ran.err());
        before.is(&Tree::of(&packaged.machine.home));
    }
}

#[test]
fn something_newer_is_looked_for_where_the_programs_came_from() {
    let packaged = Packaged::new("npm", "");
    packaged.machine.install();
    packaged.tool("npm", "echo 0.2.0");
    let check = |args: &[&str]| packaged.machine.run(&[&["upgrade-check"], args].concat());
    check(&[]).is_silent();
    let start = Instant::now();
    let state = packaged.machine.path(".agent-handoff/upgrade-check.json");
    while !std::fs::read_to_string(&state).unwrap_or_default().contains("\"newest\":\"0.2.0\"") {
        assert!(start.elapsed() < Duration::from_secs(60), "it was never asked");
        std::thread::sleep(Duration::from_millis(10));
    }
    check(&[]).is(
        0,
        "upgrade:  agent-handoff 0.2.0 is there, this is 0.1.0: the skill upgrade-handoff gets it\n",
        "",
    );
    assert_eq!(
        packaged.machine.json(&["upgrade-check", "--json"], 0),
        serde_json::json!({"newest": "0.2.0", "commits": null})
    );
    check(&["--skip"]).is(0, "agent-handoff: nothing more will be said of 0.2.0\n", "");
    check(&[]).is_silent();
}

#[test]
fn doctor_says_how_the_programs_came_and_what_gets_them_again_here() {
    let packaged = Packaged::new("npm", "");
    packaged.machine.install();
    let doctor = packaged.machine.run(&["doctor", "--quick"]);
    assert!(doctor.out().contains("version 0.1.0, which came from npm\n"), "{}", doctor.out());
    // The package is gone, as a tool's cache is some day.
    let dist = packaged.machine.world.path("dist");
    let gone = packaged.machine.world.path("gone");
    std::fs::rename(&dist, &gone).unwrap();
    std::fs::remove_file(packaged.machine.program("inbox")).unwrap();
    let doctor = || {
        let own = packaged.machine.command(packaged.machine.program("handoff"), &["doctor", "--quick"]);
        tests::feed(own, b"").out().to_owned()
    };
    assert!(doctor().contains("fix: get the programs again"), "{}", doctor());
    packaged.tool("npx", ":");
    assert!(doctor().contains("fix: npx --yes agent-handoff@0.1.0 install\n"), "{}", doctor());
}

#[test]
fn older_programs_take_the_place_of_newer_ones_only_when_asked_to() {
    let packaged = Packaged::new("archive", "");
    packaged.machine.install();
    let mut manifest = packaged.machine.manifest();
    manifest["version"] = "0.9.0".into();
    packaged.machine.file(".agent-handoff/manifest.json", serde_json::to_string_pretty(&manifest).unwrap());
    packaged.machine.refuses(
        &["install"],
        "could not install 0.1.0: ~/.agent-handoff has 0.9.0, which is newer; to go back to the older one, add --downgrade",
    );
    packaged.machine.done(&["install", "--downgrade"]);
    assert_eq!(packaged.machine.manifest()["version"], "0.1.0");
}

#[test]
fn what_came_by_another_way_is_replaced_and_what_stays_of_it_is_named() {
    let packaged = Packaged::new("binstall", "");
    packaged.tool("agent-handoff", ":");
    packaged.machine.install();
    packaged.says("script", "0.1.0", "");
    let said = packaged.machine.install();
    assert!(
        said.contains("note: this replaces 0.1.0, which came through cargo binstall; what came through cargo binstall is still there: cargo uninstall agent-handoff\n"),
        "{said}"
    );
    assert_eq!(packaged.machine.manifest()["package"]["way"], "script");
    // By the same way once more it says nothing of it, and a script leaves no package.
    assert!(!packaged.machine.install().contains("this replaces"));
    assert!(!packaged.machine.uninstall().contains("is still there"));
    packaged.says("archive", "0.1.0", "");
    packaged.machine.install();
    let said = packaged.machine.uninstall();
    assert!(said.contains("note: the unpacked archive is still in "), "{said}");
}

#[test]
fn a_package_that_is_not_understood_is_none() {
    let packaged = Packaged::new("balloon", "");
    packaged.machine.install();
    assert_eq!(packaged.machine.manifest()["package"], serde_json::Value::Null);
    let mut manifest = packaged.machine.manifest();
    manifest["package"] = serde_json::json!({"way": "balloon"});
    packaged.machine.file(".agent-handoff/manifest.json", manifest.to_string());
    packaged.machine.uninstall();
}

#[test]
fn the_script_compares_versions_as_semver_does() {
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/install.sh");
    let script = std::fs::read_to_string(script).unwrap();
    let start = script.find("\nis_older() {").expect("the script has the function");
    let function = &script[start..start + script[start..].find("\n}\n").unwrap() + 3];
    let versions = "0.9.9 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.9 1.0.0-rc.10 \
                    1.0.0 1.0.1-x-y.1 1.0.1 1.10.0";
    let compare = format!(
        "{function}\ni=0\nfor a in {versions}; do j=0\nfor b in {versions}; do is_older $a $b && is=1 || is=0\n\
         [ $i -lt $j ] && want=1 || want=0\n[ $is = $want ] || echo \"$a $b\"\nj=$((j + 1)); done; i=$((i + 1)); done\n\
         is_older 1.0.0+a 1.0.0+b && echo build; echo end\n"
    );
    let ran = std::process::Command::new("sh").args(["-c", &compare]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "end\n", "{}", String::from_utf8_lossy(&ran.stderr));
}
