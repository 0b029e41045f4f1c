//! The tables are sound, and every command line is read as they say.

use std::collections::BTreeSet;
use std::ffi::OsString;

use crate::table::{Audience, Count, Example, Operand, Opt, Program, Rule, Tail, Target, Values, Verb};
use crate::tables::{PROGRAMS, handoff, handover, inbox, write};
use crate::{CalledAs, Parsed, parse, program_help, reference, verb_help};

fn called(name: &'static str) -> CalledAs {
    CalledAs::new(Some(name.as_ref()), name, &[])
}

fn every_verb() -> Vec<(&'static Program, &'static Verb)> {
    PROGRAMS.iter().flat_map(|program| program.verbs.iter().map(move |verb| (*program, *verb))).collect()
}

fn options(verb: &Verb) -> impl Iterator<Item = &'static Opt> {
    verb.options.iter().copied()
}

/// The message for `line`, or what it asks for.
fn read(program: &'static Program, line: &str) -> String {
    match parse(program, line.split_whitespace().map(OsString::from)) {
        Err(misuse) => format!("{}: {}", misuse.code, misuse.message(&called(program.name))),
        Ok(Parsed::Help { under, verb, .. }) => {
            let words = under.into_iter().chain(verb).map(|verb| verb.name);
            format!("help {}", words.collect::<Vec<_>>().join(" "))
        }
        Ok(Parsed::Version) => "version".to_owned(),
        Ok(Parsed::Nothing) => "nothing".to_owned(),
        Ok(Parsed::Verb(given)) => {
            let show = |word: &OsString| word.to_string_lossy().into_owned();
            let option = |(option, value): &(&'static Opt, Option<OsString>)| match value {
                Some(value) => format!("{}={}", option.typed(), show(value)),
                None => option.typed(),
            };
            let mut words = vec![given.verb.name.to_owned()];
            words.extend(given.options.iter().map(option));
            words.extend(given.words.iter().map(show));
            words.extend(given.tail.iter().map(|word| format!("|{}", show(word))));
            words.join(" ")
        }
    }
}

#[test]
fn every_option_of_a_verb_is_one_and_every_rule_is_about_its_own() {
    for (program, verb) in every_verb() {
        let at = format!("{} {}", program.name, verb.name);
        let mut names = BTreeSet::new();
        for option in options(verb).chain(program.globals.iter().copied()) {
            assert!(names.insert(option.typed()), "{at}: {} stands twice", option.typed());
            assert!(!option.about.ends_with('.'), "{at}: {}", option.about);
            assert!(
                option
                    .short
                    .is_none_or(|letter| names.insert(format!("-{letter}")) || option.long.is_empty())
            );
        }
        let is_own = |option: &Opt| options(verb).any(|own| own.is(option));
        for rule in verb.rules {
            let fits = match rule {
                Rule::Exclusive(options) => options.iter().all(|option| is_own(option)),
                Rule::Requires(option, needed) => {
                    is_own(option) && needed.iter().all(|option| is_own(option))
                }
                Rule::Required(option) => is_own(option),
                Rule::Alone(option, allowed) => is_own(option) && allowed.iter().all(|option| is_own(option)),
            };
            assert!(fits, "{at}: {rule:?}");
        }
        let optional = verb.operands.iter().skip_while(|operand| operand.count == Count::One);
        assert!(
            optional.clone().all(|operand| operand.count != Count::One),
            "{at}: a word behind one that may be left out"
        );
        assert!(verb.tail != Tail::Raw || verb.options.is_empty(), "{at}");
    }
}

#[test]
fn an_option_that_stands_before_the_verb_has_a_value_for_all_verbs_or_for_none() {
    for program in PROGRAMS {
        let mut values = std::collections::BTreeMap::new();
        for option in program.verbs.iter().flat_map(|verb| options(verb)) {
            let takes = option.value_name().is_some();
            assert_eq!(
                *values.entry(option.typed()).or_insert(takes),
                takes,
                "{} {}",
                program.name,
                option.typed()
            );
        }
    }
}

#[test]
fn every_verb_for_people_is_one_of_the_front_door_or_another_program_has_it_under_that_name() {
    let door = |verb: &Verb| handoff::PROGRAM.verb(verb.name);
    for verb in handover::PROGRAM.shown().filter(|verb| verb.audience == Audience::People) {
        assert!(door(verb).is_some(), "handoff {} leads nowhere", verb.name);
    }
    for verb in handoff::PROGRAM.verbs {
        if let Target::Verb(program, inner) = verb.target {
            assert!(std::ptr::eq(program.verb(inner.name).expect("a verb of its program"), inner));
        }
    }
}

#[test]
fn every_help_fits_a_terminal() {
    for (program, verb) in every_verb() {
        let text = verb_help(program, verb, &called(program.name));
        assert!(text.lines().count() <= 40, "{} {}: {} lines", program.name, verb.name, text.lines().count());
    }
    for program in PROGRAMS {
        let text = program_help(program, &called(program.name));
        assert!(text.lines().count() <= 40, "{}: {} lines\n{text}", program.name, text.lines().count());
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

/// A verb that no program has: a test of help's form then does not repeat the words of a real one.
static FETCH: Verb = Verb {
    operands: &[Operand {
        name: "NAME",
        about: "of a thing, or a part of its name that is in no other; without one, the newest of those that are here",
        count: Count::Optional,
        values: Values::Any,
    }],
    options: &[&INTO, &FORCE, &SECRET],
    examples: &[
        Example { line: "fetch", about: "the newest" },
        Example { line: "fetch --into /tmp", about: "" },
    ],
    notes: "It asks first.\n",
    ..Verb::new("fetch", "brings a thing")
};
static INTO: Opt = Opt::value("into", "DIR", Values::Directory, "there").letter('i');
static FORCE: Opt = Opt::flag("force", "also over what is there");
static SECRET: Opt = Opt::flag("secret", "shown nowhere").hidden();

#[test]
fn help_of_a_verb_says_how_it_is_typed_and_what_its_options_do() {
    let expected = "\
handoff fetch: brings a thing

usage: handoff fetch [OPTIONS] [NAME]

  NAME            of a thing, or a part of its name that is in no other; without
                  one, the newest of those that are here
  -i, --into DIR  there
  --force         also over what is there
  -h, --help      this text

It asks first.

examples:
  handoff fetch              the newest
  handoff fetch --into /tmp
";
    assert_eq!(verb_help(&handoff::PROGRAM, &FETCH, &called("handoff")), expected);
}

#[test]
fn command_lines_are_read_by_the_table() {
    for (line, wanted) in [
        ("", "nothing"),
        ("--help", "help "),
        ("help", "help "),
        ("help pickup", "help pickup"),
        ("pickup --help", "help pickup"),
        ("-V", "version"),
        ("pickup a --apply --onto-head", "pickup --apply --onto-head a"),
        ("run --pickup -- codex --pickup", "run --pickup |codex |--pickup"),
        ("run codex -h", "run |codex |-h"),
        ("install --tool claude --tool=codex --remove", "install --tool=claude --tool=codex --remove"),
        ("--root /x pending", "pending --root=/x"),
        ("statusline-tap -- sh -c", "statusline-tap |sh |-c"),
        ("statusline-tap", "statusline-tap"),
        ("pickup --undo", "pickup --undo"),
    ] {
        assert_eq!(read(&handover::PROGRAM, line), wanted, "{line}");
    }
    for (line, wanted) in [
        ("", "list"),
        ("--json", "list --json"),
        ("--all search x", "search --all x"),
        ("read 1 2 --max-bytes=3000", "read --max-bytes=3000 1 2"),
        ("log -n 5", "log -n=5"),
        ("log -n5 --root /x", "log -n=5 --root=/x"),
    ] {
        assert_eq!(read(&inbox::PROGRAM, line), wanted, "{line}");
    }
    assert_eq!(read(&write::PROGRAM, "--to x --check"), " --to=x --check");
    assert_eq!(read(&handoff::PROGRAM, "inbox show --json 1"), "inbox |show |--json |1");
    for (line, wanted) in [
        ("ls -n 3", "list -n=3"),
        ("runs", "list"),
        ("runs 1130-x --json", "list --json 1130-x"),
        ("list list", "list"),
        ("runs prune --older-than 30d", "prune --older-than=30d"),
        ("runs delete a b", "delete a b"),
        ("runs --help", "help runs"),
        ("runs prune --help", "help runs prune"),
        ("help runs", "help runs"),
    ] {
        assert_eq!(read(&handoff::PROGRAM, line), wanted, "{line}");
    }
    assert_eq!(
        read(&handoff::PROGRAM, "run --pro --text fix the --tests"),
        "run --pro --text=fix the --tests"
    );
    assert_eq!(read(&handoff::PROGRAM, "run --text -- --pro is what"), "run --text=--pro is what");
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
#[test]
fn what_makes_no_sense_is_refused_with_the_nearest_word() {
    for (program, line, wanted) in [
        (
            &handover::PROGRAM,
            "pikup",
            "2: there is no verb `pikup`; did you mean `pickup`?\nsee handover --help",
        ),
        (&handover::PROGRAM, "xyzzy", "2: there is no verb `xyzzy`\nsee handover --help"),
        (
            &handover::PROGRAM,
            "pickup --aply",
            "2: there is no option `--aply`; did you mean `--apply`?\nsee handover pickup --help",
        ),
        (&handover::PROGRAM, "pickup -q", "2: there is no option `-q`\nsee handover pickup --help"),
        (
            &handover::PROGRAM,
            "pending --apply",
            "2: `pending` has no option `--apply`\nsee handover pending --help",
        ),
        (
            &handover::PROGRAM,
            "pending x",
            "2: `x` is one word too many: `pending` takes options only\nsee handover pending --help",
        ),
        (
            &handover::PROGRAM,
            "pickup a b",
            "2: `b` is one word too many: `pickup` takes ID\nsee handover pickup --help",
        ),
        (
            &handover::PROGRAM,
            "pickup --onto-head",
            "2: --onto-head requires --apply\nsee handover pickup --help",
        ),
        (
            &handover::PROGRAM,
            "pickup --undo --apply",
            "2: --undo cannot be combined with --apply\nsee handover pickup --help",
        ),
        (
            &handover::PROGRAM,
            "pickup --undo x",
            "2: --undo cannot be combined with `x`\nsee handover pickup --help",
        ),
        (&handover::PROGRAM, "run", "2: COMMAND is missing\nsee handover run --help"),
        (
            &handover::PROGRAM,
            "capture --title",
            "2: `--title` needs a value: --title TITLE\nsee handover capture --help",
        ),
        (&handover::PROGRAM, "capture --json=x", "2: `--json` takes no value\nsee handover capture --help"),
        (&handover::PROGRAM, "--root /x", "2: the verb is missing\nsee handover --help"),
        (&inbox::PROGRAM, "show --all", "2: `show` has no option `--all`\nsee inbox show --help"),
        (&inbox::PROGRAM, "-n 3", "2: `list` has no option `-n`\nsee inbox list --help"),
        (&inbox::PROGRAM, "--al", "2: there is no option `--al`; did you mean `--all`?\nsee inbox --help"),
        (&inbox::PROGRAM, "show", "2: ID is missing\nsee inbox show --help"),
        (&inbox::PROGRAM, "prune", "2: prune requires --older-than AGE\nsee inbox prune --help"),
        (
            &write::PROGRAM,
            "--redact --allow-secrets",
            "2: --redact and --allow-secrets exclude each other\nsee handoff-write --help",
        ),
        (&write::PROGRAM, "--frobnicate", "2: there is no option `--frobnicate`\nsee handoff-write --help"),
        (
            &handoff::PROGRAM,
            "completions powershell",
            "2: `SHELL` takes bash, zsh or fish, not `powershell`\nsee handoff completions --help",
        ),
        (
            &handoff::PROGRAM,
            "runs prune",
            "2: prune requires --older-than AGE\nsee handoff runs prune --help",
        ),
        (
            &handoff::PROGRAM,
            "runs --older-than 3d",
            "2: `list` has no option `--older-than`\nsee handoff runs list --help",
        ),
        (&handoff::PROGRAM, "runs delete", "2: ID is missing\nsee handoff runs delete --help"),
        (&handoff::PROGRAM, "run --text", "2: --text needs words\nsee handoff run --help"),
        (
            &handoff::PROGRAM,
            "run --text hi --backend cx",
            "2: `--backend` stands behind --text, where everything is the prompt; as an option: --backend cx --text hi; \
             as a part of the prompt: --text -- hi --backend cx\nsee handoff run --help",
        ),
    ] {
        assert_eq!(read(program, line), wanted, "{line}");
    }
}

#[test]
fn a_host_is_never_told_that_its_prompt_is_to_be_stopped() {
    for (line, wanted) in [
        ("on-event --bogus", 0),
        ("on-event extra", 0),
        ("--root /x session-start --format xx", 0),
        ("session-start --format", 0),
        ("--bogus on-event", 0),
        ("statusline-tap --bogus", 0),
        ("pending --bogus", 2),
        ("--bogus pending", 2),
        ("capture on-event", 2),
        ("nothing", 2),
    ] {
        let words = line.split_whitespace().map(OsString::from);
        let code = parse(&handover::PROGRAM, words).err().map(|misuse| misuse.code);
        assert_eq!(code, Some(wanted), "{line}");
    }
}

#[test]
fn a_program_is_called_by_the_name_that_its_reader_has() {
    let name = |started: &str, own, names| CalledAs::new(Some(started.as_ref()), own, names).to_string();
    assert_eq!(name("handoff inbox", "inbox", &["handoff inbox"]), "handoff inbox");
    assert_eq!(name("inbox", "inbox", &["handoff inbox"]), "inbox");
    assert_eq!(name("/home/me/.agent-handoff/bin/inbox", "inbox", &["handoff inbox"]), "handoff inbox");
    assert_eq!(name("/home/me/.local/bin/handover", "handover", &["handover", "handoff"]), "handover");
    assert_eq!(name("handoff", "handover", &["handover", "handoff"]), "handoff");
    assert_eq!(CalledAs::new(None, "inbox", &["handoff inbox"]).to_string(), "handoff inbox");
}

#[test]
fn the_reference_names_every_verb_and_option_of_the_front_door() {
    let text = reference(&handoff::PROGRAM, &called("handoff"));
    for verb in handoff::PROGRAM.shown() {
        assert!(text.contains(&format!("### handoff {}\n", verb.name)), "{}", verb.name);
    }
    assert!(text.contains("| `-f, --follow` | until it ends |"), "{text}");
    assert!(text.contains("| `--onto-head` | also on another commit, by a three-way merge |"), "{text}");
}

#[test]
fn help_and_suggestions_reach_the_verbs_behind_a_verb() {
    for (line, asked) in [
        ("help runs prune", "help runs prune"),
        ("help list prune", "help runs prune"),
        ("help inbox restore", "help inbox restore"),
        ("help runs", "help runs"),
        ("help write", "help write"),
        ("help run prune", "help run"),
        ("runs help prune", "help runs prune"),
        ("help runs prnue", "2: there is no verb `prnue`; did you mean `prune`?\nsee handoff runs --help"),
        (
            "help inbox restor",
            "2: there is no verb `restor`; did you mean `restore`?\nsee handoff inbox --help",
        ),
        ("runs delte 7", "2: there is no verb `delte`; did you mean `delete`?\nsee handoff runs --help"),
        (
            "runs prnue --older-than 3d",
            "2: there is no verb `prnue`; did you mean `prune`?\nsee handoff runs --help",
        ),
        ("runs delte", "list delte"),
        ("runs 7 8", "2: `8` is one word too many: `list` takes ID\nsee handoff runs list --help"),
    ] {
        assert_eq!(read(&handoff::PROGRAM, line), asked, "{line}");
    }
}
