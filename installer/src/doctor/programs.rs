//! The prefix and the command on PATH.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use handoff_edits::MAX_FILE_BYTES;
use handoff_process::{Environment, quoted};

use super::Diagnosis;
use crate::manifest::is_hash_of;
use crate::places::Places;

use crate::programs::{self, COMMANDS};

impl Diagnosis<'_> {
    pub(super) fn programs(&mut self) {
        self.area = "programs";
        let fix = self.anew("install");
        let prefix = self.places.short(&self.places.prefix);
        if self.manifest.is_empty() {
            return self.problem(format!("nothing is installed in {prefix}"), fix);
        }
        let files: Vec<_> =
            self.manifest.files.iter().filter(|(path, _)| path.starts_with(&self.places.prefix)).collect();
        let mut sound = true;
        for (path, hash) in files {
            let shown = self.places.short(path);
            let wrong = match handoff_files::read_file(path, MAX_FILE_BYTES) {
                Err(error) => Some(error.to_string()),
                Ok(content) if !is_hash_of(hash, &content) => {
                    Some(format!("{shown} is not what was installed"))
                }
                Ok(_) => None,
            };
            if let Some(wrong) = wrong {
                sound = false;
                self.problem(wrong, fix.clone());
            }
        }
        let names = programs::installed(self.manifest, self.places);
        for program in &names {
            let path = self.places.program(program);
            if sound && !starts(&path) {
                sound = false;
                self.does_not_start(&path, &fix);
            }
        }
        if sound {
            let version = &self.manifest.version;
            let from = match (&self.manifest.checkout, &self.manifest.commit) {
                (Some(checkout), Some(commit)) => {
                    format!(
                        ", built from {} at {}",
                        self.places.short(checkout),
                        commit.get(..7).unwrap_or(commit)
                    )
                }
                (Some(checkout), None) => format!(", built from {}", self.places.short(checkout)),
                _ => self
                    .manifest
                    .package
                    .as_ref()
                    .map_or_else(String::new, |package| format!(", which came {}", package.way.came())),
            };
            self.well(format!("{} in {prefix}/bin, version {version}{from}", names.join(", ")));
        }
        for name in COMMANDS {
            self.command(name);
        }
    }

    fn does_not_start(&mut self, path: &Path, fix: &str) {
        let shown = self.places.short(path);
        if !handoff_files::is_on_no_exec(path) {
            return self.problem(format!("{shown} does not start"), fix);
        }
        let fix = match self.environment.find_program("findmnt") {
            Some(_) => {
                format!("mount -o remount,exec \"$(findmnt -no TARGET -T {})\"   # as root", quoted(path))
            }
            None => format!("mount the file system of {} without noexec", quoted(path)),
        };
        self.problem(
            format!(
                "{shown} does not start: its file system is mounted noexec, so no program on it runs; that can be changed, or \
                 install --home DIR puts the programs elsewhere"
            ),
            fix,
        );
    }

    fn command(&mut self, name: &str) {
        let (path, target) = (self.places.command(name), self.places.program(name));
        let shown = self.places.short(&path);
        let commands = self.places.commands();
        let on_path = self.environment.search_path().contains(&commands);
        let other = first_on_path(self.environment, name, &target);
        match handoff_files::link_target(&path) {
            Some(there) if there == target => match other {
                Some(other) => self.shadowed(name, &other),
                None if on_path => self.well(format!("{shown} is on your PATH")),
                None => self.note(format!(
                    "{} is not on your PATH, so the shell does not find `{name}` there",
                    self.places.short(&commands)
                )),
            },
            Some(there) if !handoff_files::is_file(&path) && !handoff_files::is_directory(&path) => {
                let (target, link) = (quoted(&target), quoted(&path));
                self.problem(
                    format!("{shown} is a link to {}, which is not there", self.places.short(&there)),
                    format!("ln -sfn {target} {link}"),
                );
            }
            _ if handoff_files::is_taken(&path) => {
                self.note(format!("{shown} is another program; ours is {}", self.places.short(&target)));
            }
            _ => self.problem(format!("{shown} is missing"), self.again("install")),
        }
    }

    /// The shell finds another program for a command of ours.
    fn shadowed(&mut self, name: &str, other: &Path) {
        let fix = way_out(self.places, name);
        self.problem(format!("`{name}` on your PATH is {}, not ours", self.places.short(other)), fix);
    }
}

/// What the shell finds for `name` where that is not `ours`.
pub(crate) fn first_on_path(environment: &Environment, name: &str, ours: &Path) -> Option<PathBuf> {
    let found = environment.find_program(name)?;
    (handoff_files::canonical(&found) != handoff_files::canonical(ours)).then_some(found)
}

/// How ours comes first. handoff-cli's command has the same name.
pub(crate) fn way_out(places: &Places, name: &str) -> String {
    let first = format!("export PATH=\"{}:$PATH\"", places.commands().display());
    match name {
        "handoff" => {
            format!("{first}   # in your shell's profile; or pip uninstall handoff-cli, if it is that")
        }
        _ => format!("{first}   # in your shell's profile"),
    }
}

/// Whether the program runs at all here: the file system may forbid it, or it may be of another machine.
fn starts(program: &Path) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
