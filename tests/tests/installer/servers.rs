//! The MCP server in the files of hosts that have neither a hook nor a plugin of ours.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use handoff_agents::{McpFormat, McpHost};

use crate::support::{Machine, STAND_IN_SERVER, apart_from_store, is_one_file, mode};

/// Where a host keeps its settings, below HOME.
fn directory(host: McpHost) -> &'static str {
    host.wiring.place().below_home
}

/// The host's file of servers, below HOME.
fn file(host: McpHost) -> PathBuf {
    Path::new(directory(host)).join(host.wiring.file)
}

/// What a user of the host has in its file.
fn settings(host: McpHost) -> String {
    let object = host.wiring.object;
    match host.wiring.format {
        McpFormat::Json { comments: true } => format!(
            "{{\r\n\t// mine\r\n\t\"n\": 1e2,\r\n\t\"{object}\": {{\r\n\t\t\"other\": {{\"command\": \"x\"}}, // so\r\n\t}},\r\n}}\r\n"
        ),
        McpFormat::Json { comments: false } => {
            format!("{{\"n\":1e2,\"{object}\":{{\"other\":{{\"command\":\"x\"}}}}}}")
        }
        McpFormat::Yaml => format!("N: 'x' # mine\n{object}:\n    # first\n    other: {{enabled: true}}\n"),
    }
}

/// A machine with these hosts alone, each with what its user has.
fn machine(hosts: &[McpHost]) -> Machine {
    let machine = Machine::empty();
    machine.stand_ins("");
    for host in hosts {
        machine.file(file(*host), settings(*host));
    }
    machine
}

fn all() -> Vec<McpHost> {
    McpHost::all().collect()
}

fn host(id: &str) -> McpHost {
    McpHost::named(id).unwrap()
}

/// How often our program stands in the file of a host.
fn count(machine: &Machine, host: McpHost) -> usize {
    let program = machine.program("handoff").display().to_string();
    machine.text(file(host)).matches(&program).count()
}

#[test]
fn every_host_is_given_the_server_and_its_file_back_to_the_byte() {
    let machine = machine(&all());
    let before = machine.tree();
    let shown = machine.done(&["install", "--dry-run"]);
    let report = machine.install();
    for host in all() {
        let (name, path) = (host.row().name, file(host).display().to_string());
        assert!(shown.contains(&format!("would change ~/{path}")), "{shown}");
        assert!(report.contains(&format!("MCP server in ~/{path}")), "{name}: {report}");
        assert_eq!(count(&machine, host), 1, "{name}: {}", machine.text(&path));
        assert!(machine.text(&path).contains("mcp"), "{name}");
        assert_eq!(machine.manifest()["servers"][host.row().id], machine.path(&path).display().to_string());
    }
    assert!(!report.contains("none is wired"), "{report}");
    let doctor = machine.json(&["doctor", "--json", "--quick"], 0);
    assert_eq!(doctor["healthy"], true, "{doctor}");
    let has = doctor["findings"].as_array().unwrap().iter();
    let has = has.filter(|finding| finding["text"].as_str().unwrap().ends_with("has the MCP server"));
    assert_eq!(has.count(), all().len(), "{doctor}");
    // Twice is once.
    let once = machine.tree();
    assert!(machine.install().contains("all of it was installed already"));
    once.is(&machine.tree());
    machine.uninstall();
    before.is(&apart_from_store(&machine));
}

#[test]
fn a_file_that_was_not_there_goes_again_with_its_directories() {
    let machine = Machine::empty();
    machine.stand_ins("");
    for host in all() {
        std::fs::create_dir_all(machine.path(directory(host))).unwrap();
    }
    let before = machine.tree();
    machine.install();
    all().into_iter().for_each(|host| assert_eq!(count(&machine, host), 1, "{}", host.row().id));
    assert_eq!(std::fs::metadata(machine.path(".cursor/mcp.json")).unwrap().mode() & 0o777, 0o600);
    machine.uninstall();
    before.is(&apart_from_store(&machine));
}

#[test]
fn a_host_is_wired_and_left_alone_by_name() {
    let machine = machine(&all());
    machine.done(&["install", "--only", "cursor,goose"]);
    for host in all() {
        let is_meant = ["cursor", "goose"].contains(&host.row().id);
        assert_eq!(count(&machine, host), usize::from(is_meant), "{}", host.row().id);
    }
    let doctor = machine.run(&["doctor", "--quick"]);
    assert_eq!(doctor.code, 0, "{}", doctor.out());
    assert!(doctor.out().contains("Zed: it was left out with --only"), "{}", doctor.out());
    machine.install();
    let report = machine.done(&["uninstall", "--only", "kiro,continue"]);
    assert!(report.contains("Continue and Kiro") || report.contains("Kiro and Continue"), "{report}");
    for host in all() {
        let is_left = !["kiro", "continue"].contains(&host.row().id);
        assert_eq!(count(&machine, host), usize::from(is_left), "{}", host.row().id);
    }
    assert_eq!(machine.run(&["doctor", "--quick"]).code, 0);
}

#[test]
fn a_host_that_is_not_here_gets_nothing() {
    let machine = Machine::small();
    let before = machine.tree().only(&[".cursor", ".config", ".codeium", ".kiro", ".cline", ".continue"]);
    let report = machine.install();
    assert!(!report.contains("MCP"), "{report}");
    before.is(&machine.tree().only(&[".cursor", ".config", ".codeium", ".kiro", ".cline", ".continue"]));
    assert_eq!(machine.manifest().get("servers"), None);
    assert!(!machine.run(&["doctor", "--quick"]).out().contains("Zed"));
}

#[test]
fn without_the_program_no_host_is_given_the_server() {
    let machine = machine(&[host("cursor"), host("zed")]);
    std::fs::remove_file(machine.dist.join(STAND_IN_SERVER)).unwrap();
    assert!(machine.done(&["install", "--dry-run"]).contains("Cursor and Zed speak MCP"));
    let report = machine.install();
    assert!(
        report.contains("Cursor and Zed speak MCP, and the server for them, handoff-mcp, is not"),
        "{report}"
    );
    assert_eq!((count(&machine, host("cursor")), count(&machine, host("zed"))), (0, 0));
    let doctor = machine.run(&["doctor", "--quick"]);
    assert_eq!(doctor.code, 0, "{}", doctor.out());
    assert!(doctor.out().contains("Cursor: Cursor speaks MCP"), "{}", doctor.out());
    // It comes, and goes again.
    machine.stand_ins("");
    machine.install();
    assert_eq!((count(&machine, host("cursor")), count(&machine, host("zed"))), (1, 1));
    std::fs::remove_file(machine.dist.join(STAND_IN_SERVER)).unwrap();
    machine.install();
    assert_eq!(machine.text(file(host("cursor"))), settings(host("cursor")));
    assert_eq!(machine.text(file(host("zed"))), settings(host("zed")));
}

#[test]
fn what_cannot_be_changed_is_named_and_every_other_host_is_wired() {
    let machine = machine(&all());
    let broken = [
        ("cursor", "{\"mcpServers\": {", "line 1, column 16"),
        ("kiro", "{\"mcpServers\": {\"agent-handoff\": {\"command\": \"npx\"}}}", "another server than ours"),
        ("windsurf", "{\"mcpServers\": {}, \"mcpServers\": {}}", "`mcpServers` is there twice"),
        ("cline", "{\n  // mine\n}\n", "passes over such a file as a whole"),
        ("zed", "[]", "the top level is no object"),
        ("goose", "extensions: [a]\n", "`extensions` is no mapping"),
    ];
    for (id, text, _) in broken {
        machine.file(file(host(id)), text);
    }
    let ran = machine.run(&["install"]);
    assert_eq!(ran.code, 1, "{}", ran.out());
    for (id, text, reason) in broken {
        assert!(ran.err().contains(reason), "{id}: {}", ran.err());
        assert_eq!(machine.text(file(host(id))), text);
    }
    // With what to put in by hand.
    let program = machine.program("handoff").display().to_string();
    assert!(ran.err().contains(&format!("    cmd: {program}\n")), "{}", ran.err());
    assert!(ran.err().contains(&format!("\"command\": \"{program}\"")), "{}", ran.err());
    assert_eq!((count(&machine, host("crush")), count(&machine, host("claude-desktop"))), (1, 1));
    let doctor = machine.run(&["doctor", "--quick"]);
    assert_eq!(doctor.code, 1, "{}", doctor.out());
    assert!(doctor.out().contains("Kiro: ~/.kiro/settings/mcp.json line 1: agent-handoff is another server"));
    assert!(doctor.out().contains("Cursor: ~/.cursor/mcp.json is broken"), "{}", doctor.out());
    machine.uninstall();
    for (id, text, _) in broken {
        assert_eq!(machine.text(file(host(id))), text);
    }
}

#[test]
fn a_link_stays_one_and_a_file_that_cannot_be_written_is_named() {
    let machine = machine(&[host("cursor"), host("zed")]);
    let place = machine.file("dotfiles/zed.json", settings(host("zed")));
    let link = machine.path(file(host("zed")));
    std::fs::remove_file(&link).unwrap();
    machine.link(file(host("zed")), &place);
    let before = machine.tree();
    let closed = machine.path(".cursor");
    mode(&closed, 0o500);
    let can_write = std::fs::write(closed.join("probe"), "").is_ok();
    let _ = std::fs::remove_file(closed.join("probe"));
    let ran = machine.run(&["install"]);
    // Root may write everywhere.
    assert_eq!(ran.code, if can_write { 0 } else { 1 }, "{}", ran.err());
    assert_eq!(count(&machine, host("cursor")), usize::from(can_write));
    assert!(is_one_file(&place, &link) && link.is_symlink() && count(&machine, host("zed")) == 1);
    mode(&closed, 0o755);
    machine.install();
    assert_eq!(count(&machine, host("cursor")), 1);
    machine.uninstall();
    mode(&closed, 0o755);
    before.is(&apart_from_store(&machine));
}

#[test]
fn a_large_file_keeps_every_byte_and_one_that_is_too_large_is_named() {
    let machine = machine(&[]);
    let large = format!("{{\"text\": \"{}\"}}\n", "ä".repeat(2 << 20));
    machine.file(file(host("zed")), &large);
    machine.file(file(host("cursor")), " ".repeat(17 << 20));
    let ran = machine.run(&["install"]);
    assert!(ran.code == 1 && ran.err().contains("mcp.json"), "{}", ran.err());
    assert_eq!(count(&machine, host("zed")), 1);
    machine.run(&["uninstall"]);
    assert!(machine.text(file(host("zed"))) == large);
    assert_eq!(machine.text(file(host("cursor"))).len(), 17 << 20);
}

#[test]
fn what_a_user_changed_of_the_server_stays_until_it_goes() {
    let machine = machine(&[host("cursor"), host("kiro"), host("goose")]);
    machine.install();
    let edit = |id: &str, from: &str, to: &str| {
        let text = machine.text(file(host(id)));
        assert!(text.contains(from), "{text}");
        machine.file(file(host(id)), text.replacen(from, to, 1));
    };
    edit("cursor", "\"mcp\"", "\"mcp\", \"--root\", \"/app\"");
    assert_eq!(machine.run(&["doctor", "--quick"]).code, 0);
    edit("cursor", "\"agent-handoff\": {", "\"agent-handoff\": { \"env\": {\"A\": \"1\"},");
    edit("kiro", "\"agent-handoff\": {", "\"agent-handoff\": { \"disabled\": true,");
    edit("goose", "enabled: true\n      type", "enabled: false\n      type");
    let doctor = machine.run(&["doctor", "--quick"]);
    assert_eq!(doctor.code, 1, "{}", doctor.out());
    assert!(doctor.out().contains("the MCP server is switched off: disabled is true"), "{}", doctor.out());
    assert!(doctor.out().contains("the MCP server is switched off: enabled is false"), "{}", doctor.out());
    machine.install();
    let text = machine.text(file(host("cursor")));
    assert!(text.contains("\"env\": {\"A\": \"1\"}") && text.contains("\"--root\", \"/app\""), "{text}");
    assert!(machine.text(file(host("kiro"))).contains("\"disabled\": true"));
    machine.uninstall();
    for id in ["cursor", "kiro", "goose"] {
        let text = machine.text(file(host(id)));
        assert!(!text.contains("agent-handoff") && text.contains("other"), "{id}: {text}");
    }
}

#[test]
fn doctor_says_what_keeps_a_host_from_the_server() {
    let machine = machine(&[host("cursor")]);
    machine.install();
    let text = machine.text(file(host("cursor")));
    let says = |text: &str, problem: &str| {
        machine.file(file(host("cursor")), text);
        let doctor = machine.run(&["doctor", "--quick"]);
        assert!(doctor.code == 1 && doctor.out().contains(problem), "{problem}: {}", doctor.out());
    };
    says("{}", "~/.cursor/mcp.json has no MCP server of ours");
    says(&text.replace("/.agent-handoff/", "/.local/"), "is not run as it is installed");
    says(&text.replace("/bin/handoff\"", "/bin/npx\""), "agent-handoff is another server than ours");
    machine.file(file(host("cursor")), &text);
    std::fs::remove_file(machine.program(STAND_IN_SERVER)).unwrap();
    says(&text, "handoff-mcp is no program");
}

#[test]
fn a_server_that_was_put_in_by_hand_is_taken_over() {
    let machine = machine(&[]);
    let command = machine.path(".local/bin/handoff").display().to_string();
    let text = |command: &str| {
        format!(
            "{{\"mcpServers\": {{\"agent-handoff\": {{\"command\": \"{command}\", \"args\": [\"mcp\"]}}}}}}"
        )
    };
    machine.file(file(host("cursor")), text(&command));
    machine.install();
    assert_eq!(machine.text(file(host("cursor"))), text(&machine.program("handoff").display().to_string()));
    machine.uninstall();
    // What it was in is taken for ours: there is no record of it.
    assert_eq!(machine.text(file(host("cursor"))), "{}");
}

#[test]
fn the_server_of_another_installation_is_left_to_it() {
    let machine = machine(&[host("zed")]);
    machine.install();
    let wired = machine.text(file(host("zed")));
    let other = machine.path("other").display().to_string();
    let ran = machine.run(&["install", "--home", &other]);
    assert!(ran.code == 1 && ran.err().contains("another server than ours"), "{}", ran.err());
    assert_eq!(machine.run(&["uninstall", "--home", &other]).code, 0);
    assert_eq!(machine.text(file(host("zed"))), wired);
    machine.uninstall();
    assert_eq!(machine.text(file(host("zed"))), settings(host("zed")));
}

#[test]
fn a_variable_says_where_a_host_keeps_its_settings() {
    let machine = Machine::empty();
    machine.stand_ins("");
    let elsewhere = machine.path("elsewhere");
    let machine = machine.with("XDG_CONFIG_HOME", &elsewhere);
    machine.file("elsewhere/zed/settings.json", "{}\n");
    machine.file(".config/goose/config.yaml", "");
    machine.install();
    assert!(machine.text("elsewhere/zed/settings.json").contains("context_servers"));
    assert_eq!(machine.text(".config/goose/config.yaml"), "");
    // Without it, the file is known from the record.
    let machine = machine.without("XDG_CONFIG_HOME");
    machine.uninstall();
    assert_eq!(machine.text("elsewhere/zed/settings.json"), "{}\n");
}

#[test]
fn no_server_is_wired_from_a_prefix_that_a_host_may_read_otherwise() {
    let machine = machine(&[host("crush"), host("zed")]);
    let prefix = machine.path("its $HOME").display().to_string();
    let report = machine.done(&["install", "--home", &prefix]);
    assert!(report.contains("no MCP server is wired: ~/its $HOME has a `$`"), "{report}");
    for id in ["crush", "zed"] {
        assert_eq!(machine.text(file(host(id))), settings(host(id)));
    }
}
