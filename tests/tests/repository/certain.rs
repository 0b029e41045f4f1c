//! How sure it is that each way into a host works: the table of `docs/capture.md` beside the rows.

use handoff_agents::{HOSTS, Host};

use super::page;

const PAGE: &str = "docs/capture.md";

/// The line of the page that is true of a host.
fn line(host: &Host) -> String {
    let certain = host.certain;
    format!("| {} | {} | {} | {} |", host.name, certain.hook, certain.instructions, certain.mcp)
}

#[test]
fn the_page_says_of_each_host_what_its_row_says() {
    let text = page(PAGE);
    let expected: Vec<String> = HOSTS.iter().map(|host| line(host)).collect();
    let missing: Vec<_> = expected.iter().filter(|line| !text.lines().any(|one| one == *line)).collect();
    assert!(missing.is_empty(), "{PAGE} has not:\n{missing:#?}\nthe whole table:\n{}", expected.join("\n"));
}
