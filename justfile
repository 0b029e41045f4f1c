# What a contributor runs, one word each. `just` is a convenience: CONTRIBUTING.md has the same commands without it.

# the recipes
default:
    @just --list --unsorted

# format, lints and the fast tests: about two minutes; before each commit
check: format lint fast

# rewrite the code as rustfmt wants it
format:
    cargo fmt --all

# clippy on everything; a warning is an error
lint:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# the libraries' tests, and what the commands and the hook say: no agent, no fault injection
fast:
    cargo test --locked --workspace --exclude tests
    cargo test --locked --workspace --test repository --test commands --test black_box

# one test or several: `just test commands refused` runs the tests of tests/tests/commands whose name has `refused`
test binary name="":
    cargo test --locked --workspace --test {{ binary }} -- {{ name }}

# everything, the real agents and the fault tests too
all:
    cargo test --workspace --locked

# what must pass before a change lands, as CI runs it
ci:
    .ci/run

# licences, doubled crates, sources, advisories of the dependencies
deny:
    cargo deny check

# what the released programs cost, beside a yardstick
bench *what:
    cargo run --release --locked -p benches -- {{ what }}

# one fuzz target for some minutes; needs cargo-fuzz and a nightly toolchain
fuzz target="frontmatter" seconds="300":
    cargo +nightly fuzz run {{ target }} -- -max_total_time={{ seconds }}

# recordings of what the real agents send and write, into a directory
record directory:
    HANDOFF_TESTS_RECORD={{ directory }} cargo test --locked --workspace --test agents
