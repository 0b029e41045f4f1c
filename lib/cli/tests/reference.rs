//! `docs/reference.md` has the verbs and options as the tables do.
#![expect(clippy::disallowed_methods, reason = "tests look at the files as any program would")]

use handoff_cli::tables::PROGRAMS;
use handoff_cli::{CalledAs, reference};

/// Set, the generated parts of the file are written anew instead of compared.
const UPDATE: &str = "HANDOFF_TESTS_UPDATE";

#[test]
fn the_reference_is_as_the_tables_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference.md");
    let written = std::fs::read_to_string(path).expect("docs/reference.md");
    let mut wanted = written.clone();
    for program in PROGRAMS {
        let called = CalledAs::new(Some(program.name.as_ref()), program.name, &[]);
        let (begin, end) =
            (format!("<!-- begin {} -->\n", program.name), format!("<!-- end {} -->\n", program.name));
        let (before, rest) = wanted.split_once(&begin).expect("a generated part for each program");
        let (_, after) = rest.split_once(&end).expect("its end");
        wanted = format!("{before}{begin}\n{}{end}{after}", reference(program, &called));
    }
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(path, &wanted).expect("docs/reference.md");
        return;
    }
    let differs = written.lines().zip(wanted.lines()).find(|(is, should)| is != should);
    assert!(
        written == wanted,
        "docs/reference.md is not as the tables of lib/cli are: {differs:?}; {UPDATE}=1 cargo test -p handoff-cli writes it"
    );
}
