//! From what is installed to what is newest, or back.

use std::process::Command;

use handoff_process::{Environment, Output, Status};
use handoff_text::Sanitised;
use serde_json::json;

use crate::args::Options;
use crate::build::cargo;
use crate::error::InstallError;
use crate::git::Checkout;
use crate::manifest::Manifest;
use crate::places::Places;
use crate::programs::FRONT_DOOR;
use crate::released;
use crate::report::Report;

/// How much of a commit's subject is shown, in bytes.
const MAX_SUBJECT_BYTES: usize = 200;

/// Gets what is newer by the way that it was installed. For a checkout: fetches, shows what is new, goes forward, and has
/// the new checkout's own installer build, install and prove. When that fails, the programs are those of before, and so
/// is the checkout.
///
/// # Errors
/// [`InstallError`].
pub(crate) fn upgrade(
    options: &Options,
    environment: &Environment,
    output: &Output,
) -> Result<Status, InstallError> {
    let places = Places::find(options.home.as_deref(), environment)?;
    let manifest = Manifest::load(&places)?;
    if let Some(package) = &manifest.package {
        return released::upgrade(package, options, &places, &manifest, environment, output);
    }
    let Some(path) = &manifest.checkout else {
        return Err(InstallError::Tool(by_hand(&places, &manifest)));
    };
    let checkout = Checkout::new(path);
    let head = checkout.head().ok_or_else(|| {
        let path = Sanitised::path(path);
        InstallError::Tool(format!(
            "upgrade from {path}: it is no git checkout any more; get a newer one and run there: cargo run --release -p \
             installer -- install"
        ))
    })?;
    checkout.fetch()?;
    let lines = news(&checkout, manifest.commit.as_deref().unwrap_or(&head), &head)?;
    let mut report = Report::new(&places, options.json);
    if lines.is_empty() {
        report.say("upgrade", "this is the newest", "new", json!([]));
        return Ok(report.print(output));
    }
    let title = format!("{} new commits in {}", lines.len(), places.short(path));
    report.say("upgrade", &title, "new", json!(lines));
    report.list(&lines);
    if options.dry_run {
        return Ok(report.print(output));
    }
    if checkout.is_dirty() {
        return Err(InstallError::Tool(format!(
            "upgrade {}: files in it were changed; commit or stash that first",
            Sanitised::path(path)
        )));
    }
    // Before the minutes that a build takes, and also when it fails.
    if !options.json {
        report.print(output);
        report = Report::new(&places, false);
    }
    let status = go_forward(&checkout, &head, &places, &manifest, environment, output)?;
    report.say("upgraded", "the new programs are installed and proved", "upgraded", json!(true));
    let printed = report.print(output);
    // The programs are there; a file that they could not be wired in was named above.
    Ok(if status == Status::Done { printed } else { status })
}

/// The subjects of the commits that are newer than `installed`, else than `head`.
fn news(checkout: &Checkout, installed: &str, head: &str) -> Result<Vec<String>, InstallError> {
    let news = checkout.news(installed).or_else(|| checkout.news(head)).ok_or_else(|| {
        let path = Sanitised::path(checkout.path());
        InstallError::Tool(format!("upgrade from {path}: its branch follows no other"))
    })?;
    // Others wrote them.
    let subject = |line: &String| Sanitised::line(line.as_bytes(), MAX_SUBJECT_BYTES).to_string();
    Ok(news.lines.iter().map(subject).collect())
}

/// Has the newest commit install itself; the checkout is back at `head` where its programs are not installed then.
fn go_forward(
    checkout: &Checkout,
    head: &str,
    places: &Places,
    manifest: &Manifest,
    environment: &Environment,
    output: &Output,
) -> Result<Status, InstallError> {
    checkout.forward()?;
    let status = install(checkout, places, manifest, environment, output);
    let installed = Manifest::load(places)?.commit;
    if status != Status::Done && (installed.is_none() || installed != checkout.head()) {
        // What failed is what there is to say.
        let _ = checkout.back_to(head);
        return Err(released::not_installed());
    }
    Ok(status)
}

/// What to do for programs that were not built from a checkout: nothing here can fetch them.
fn by_hand(places: &Places, manifest: &Manifest) -> String {
    match &manifest.origin {
        Some(origin) => format!(
            "upgrade by itself: the programs were installed from {origin}; put newer ones there, from where you had those, \
             and run {installer} install",
            origin = Sanitised::path(origin),
            installer = handoff_process::quoted(&origin.join(FRONT_DOOR))
        ),
        None => format!(
            "upgrade by itself: the programs in {} were not installed from a checkout; get newer ones from where you had \
             those, and run `./handoff install` in their directory",
            places.short(&places.bin())
        ),
    }
}

/// Has the checkout install itself, for the agents that are wired; what it prints goes to standard error.
fn install(
    checkout: &Checkout,
    places: &Places,
    manifest: &Manifest,
    environment: &Environment,
    output: &Output,
) -> Status {
    let cargo = environment.find_program("cargo").unwrap_or_else(cargo);
    let mut command = Command::new(cargo);
    command.current_dir(checkout.path());
    command.args(["run", "--release", "--locked", "--package", "installer", "--", "install", "--home"]);
    command.arg(&places.prefix);
    let agents: Vec<_> = manifest.agents.known().map(|host| host.row().id).collect();
    if !agents.is_empty() {
        command.arg("--only").arg(agents.join(","));
    }
    released::run_installer(&mut command, output)
}
