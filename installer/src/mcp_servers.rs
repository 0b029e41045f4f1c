//! Our MCP server among those that hosts start which have neither a hook nor a plugin of ours.

use std::path::{Path, PathBuf};

use handoff_agents::{McpFormat, McpHost, McpWiring};
use handoff_edits::MAX_TEXT_BYTES;
use handoff_process::Environment;
use handoff_wiring::{Call, FoundServer, Malformed, Server, ServerFormat, ServerShape};
use serde_json::json;

use crate::args::Options;
use crate::fragment::{Fragment, HostFile};
use crate::hosts::joined;
use crate::manifest::Manifest;
use crate::others;
use crate::places::Places;
use crate::planner::Planner;
use crate::programs::Source;
use crate::report::Report;

/// The program that `handoff mcp` runs. It is installed only where it lies beside the others.
pub(crate) const PROGRAM: &str = "handoff-mcp";

/// What the server is called in a host's file.
const NAME: &str = "agent-handoff";

/// The verb of `handoff` that is the server.
const VERB: &str = "mcp";

/// How the server is got where it is not installed.
pub(crate) const HOW_TO_GET: &str =
    "unpack the handoff-mcp archive of the same release over the others, and install again";

/// What `act` makes of the server as `host` starts it.
pub(crate) fn with_server<T>(host: McpHost, places: &Places, act: impl FnOnce(Server<'_>) -> T) -> T {
    let McpWiring { format, object, constants, switch, .. } = *host.wiring;
    let format = match format {
        McpFormat::Json { comments } => ServerFormat::Json { comments },
        McpFormat::Yaml => ServerFormat::Yaml,
    };
    let program = places.program("handoff");
    let owns = |call: &Call| is_ours(call, places);
    act(Server {
        object,
        name: NAME,
        shape: ServerShape { format, constants, switch },
        // Checked to be UTF-8 with the prefix.
        program: program.to_str().unwrap_or_default(),
        args: &[VERB],
        owns: &owns,
    })
}

/// Whether a server runs our program: of this prefix, by the command on PATH, or of a prefix that is gone. None of another
/// installation is.
fn is_ours(call: &Call, places: &Places) -> bool {
    let program = Path::new(&call.program);
    let own = places.program("handoff");
    if call.args.first().is_none_or(|verb| verb != VERB) || !program.ends_with("bin/handoff") {
        return false;
    }
    let leads_to_ours = || handoff_files::canonical(program) == handoff_files::canonical(&own);
    program == own
        || program == places.command("handoff")
        || others::prefix_of(program, places).is_none()
            && (leads_to_ours() || !handoff_files::is_taken(program))
}

/// The directory of a host's settings; `None` where HOME alone says it and is not absolute, which was checked.
fn directory(host: McpHost, places: &Places) -> Option<PathBuf> {
    host.wiring.place().of(Environment::variable, Some(&places.home))
}

/// Whether this user has it.
pub(crate) fn is_here(host: McpHost, places: &Places) -> bool {
    directory(host, places).is_some_and(|directory| handoff_files::is_directory(&directory))
}

/// The file that the host reads servers from.
pub(crate) fn path(host: McpHost, places: &Places) -> Option<PathBuf> {
    Some(host.file_in(&directory(host, places)?))
}

fn file(host: McpHost, places: &Places, path: PathBuf) -> HostFile {
    HostFile::new(places, path, vec![Fragment::Server(host)])
}

/// The server of our name in the text of a host's file.
///
/// # Errors
/// [`Malformed`].
pub(crate) fn find(host: McpHost, places: &Places, text: &str) -> Result<Option<FoundServer>, Malformed> {
    with_server(host, places, |server| server.find(text))
}

/// Whether the host starts the installed program there.
pub(crate) fn is_exact(host: McpHost, places: &Places, found: &FoundServer) -> bool {
    with_server(host, places, |server| server.is(found))
}

/// The hosts that are meant.
pub(crate) fn chosen(options: &Options, places: &Places) -> Vec<McpHost> {
    match &options.only {
        Some(_) => options.only_servers.clone(),
        None => McpHost::all().filter(|host| is_here(*host, places)).collect(),
    }
}

/// Whether a host may take a part of the program's path for a variable: several put the values of such into their files, each in
/// its own way.
pub(crate) fn may_be_expanded(places: &Places) -> bool {
    places.prefix.to_string_lossy().contains('$')
}

/// The option of a release's script that leaves the server out, where what is installed is without it.
pub(crate) fn left_out(manifest: &Manifest, places: &Places) -> Option<String> {
    let is_there = manifest.files.contains_key(&places.program(PROGRAM));
    (!is_there).then(|| "--without-mcp".to_owned())
}

/// Whether the server is among what is installed from `source`.
pub(crate) fn is_in(source: &Source) -> bool {
    match source {
        Source::Checkout(_) => true,
        Source::Built(directory) => handoff_files::is_file(&directory.join(PROGRAM)),
    }
}

/// Puts the server into the files of the hosts that are meant; takes it out of all where it is not installed any more.
pub(crate) fn wire(planner: &mut Planner<'_>, places: &Places, options: &Options, has_program: bool) {
    if !has_program || may_be_expanded(places) {
        let wired: Vec<McpHost> = wired(&planner.manifest).collect();
        return wired.into_iter().for_each(|host| take_out(planner, places, host));
    }
    let chosen = chosen(options, places);
    if options.only.is_some() {
        for id in McpHost::all().map(|host| host.row().id) {
            if !planner.manifest.servers.contains_key(id) {
                planner.manifest.left_out.add(id);
            }
        }
    }
    for host in chosen {
        let Some(path) = path(host, places) else { continue };
        let id = host.row().id;
        planner.manifest.left_out.take(id);
        if planner.manifest.servers.get(id).is_some_and(|wired| *wired != path) {
            // A variable names another directory by now.
            take_out(planner, places, host);
        }
        planner.store();
        planner.wire(&file(host, places, path.clone()));
        if planner.manifest.edits.contains_key(&path) {
            planner.manifest.servers.insert(id.to_owned(), path);
        }
    }
}

/// Takes the server out of the files of the hosts that are meant.
pub(crate) fn unwire(planner: &mut Planner<'_>, places: &Places, options: &Options) {
    let chosen = if options.only.is_some() { options.only_servers.clone() } else { McpHost::all().collect() };
    for host in chosen {
        let id = host.row().id;
        // One that was never wired is not one that the user wants left alone.
        if options.only.is_some() || planner.manifest.servers.contains_key(id) {
            planner.manifest.left_out.add(id);
        }
        take_out(planner, places, host);
    }
}

/// Takes the server out of a host's file, also out of the one that it was put into.
fn take_out(planner: &mut Planner<'_>, places: &Places, host: McpHost) {
    let recorded = planner.manifest.servers.remove(host.row().id);
    let mut paths: Vec<PathBuf> = recorded.into_iter().chain(path(host, places)).collect();
    paths.dedup();
    paths.into_iter().for_each(|path| planner.unwire(&file(host, places, path)));
}

/// The hosts that were given the server.
pub(crate) fn wired(manifest: &Manifest) -> impl Iterator<Item = McpHost> {
    McpHost::all().filter(|host| manifest.servers.contains_key(host.row().id))
}

/// The directories in which something of the hosts may have been made.
pub(crate) fn directories(hosts: impl Iterator<Item = McpHost>, places: &Places) -> Vec<PathBuf> {
    hosts.filter_map(|host| directory(host, places)).collect()
}

/// Says of each host that was to be given the server whether it is in its file, and how it is got where it is not installed.
pub(crate) fn report(report: &mut Report<'_>, places: &Places, hosts: &[McpHost], manifest: &Manifest) {
    if !manifest.files.contains_key(&places.program(PROGRAM)) {
        return missing(hosts).into_iter().for_each(|note| report.note(note));
    }
    if may_be_expanded(places) && !hosts.is_empty() {
        let prefix = places.short(&places.prefix);
        report.note(format!(
            "no MCP server is wired: {prefix} has a `$`, which hosts take for the beginning of a variable"
        ));
        return;
    }
    for &host in hosts {
        let Some(path) = path(host, places) else { continue };
        let text = text(&path);
        let is_there =
            find(host, places, &text).ok().flatten().is_some_and(|found| is_exact(host, places, &found));
        let then = host.wiring.then;
        let then = if is_there && !then.is_empty() { format!("; {then}") } else { String::new() };
        let no = if is_there { "" } else { "no " };
        let what = format!("{no}MCP server in {}{then}", places.short(&path));
        report.say(host.row().name, &what, host.row().id, json!(what));
    }
}

/// That hosts are here which the server is for, where it is not installed.
pub(crate) fn missing(hosts: &[McpHost]) -> Option<String> {
    let (speak, them) = if hosts.len() == 1 { ("speaks", "it") } else { ("speak", "them") };
    let names = joined(&hosts.iter().map(|host| host.row().name).collect::<Vec<_>>());
    (!hosts.is_empty()).then(|| {
        format!("{names} {speak} MCP, and the server for {them}, {PROGRAM}, is not installed; to get it, {HOW_TO_GET}")
    })
}

/// What cannot be read has nothing of ours, as far as can be said.
fn text(path: &Path) -> String {
    let content = handoff_files::read_file(path, MAX_TEXT_BYTES).unwrap_or_default();
    handoff_wiring::text(&content).map(str::to_owned).unwrap_or_default()
}
