//! Building the released form of the programs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use handoff_process::Environment;

use crate::error::InstallError;
use crate::programs;

/// Static, so that a start costs no dynamic linking; at a fixed address, because the table that moves a static program
/// is 115 kB to load and 20 to 40 µs to apply at each start. Only where glibc is the target's C library: elsewhere the
/// platform has its own answer.
const LINUX_FLAGS: [&str; 4] = ["-C", "target-feature=+crt-static", "-C", "relocation-model=static"];

/// For Rust's own linker, where it is the default: functions of the same machine code become one, and the index of the
/// unwind tables goes, which nothing reads where a panic aborts. Together 90 kB less of the hook to load.
const LINKER_FLAGS: [&str; 4] = ["-C", "link-arg=-Wl,--icf=all", "-C", "link-arg=-Wl,--no-eh-frame-hdr"];

/// For musl, whose programs are static by themselves, with Rust's own linker and C library: beside what the two lists
/// above say, the tables for unwinding go. The same as `LINUX_FLAGS` in `packaging/build`.
const MUSL_FLAGS: [&str; 16] = [
    "-C",
    "relocation-model=static",
    "-C",
    "force-unwind-tables=no",
    "-C",
    "linker=rust-lld",
    "-C",
    "linker-flavor=ld.lld",
    "-C",
    "link-self-contained=yes",
    "-C",
    "link-arg=--icf=all",
    "-C",
    "link-arg=--no-eh-frame-hdr",
    "-C",
    // From the root of the workspace, where cargo has rustc link.
    "link-arg=-Tpackaging/no-unwinding.ld",
];

/// What this program was built from, and by what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// The directory of this package.
    pub(crate) package: &'static str,
    /// The program cargo.
    pub(crate) cargo: &'static str,
}

/// `None` in a released program, which `packaging/build` makes: there its paths are those of another machine, and the
/// same source has to give the same bytes wherever it lies.
pub(crate) const ORIGIN: Option<Origin> = match option_env!("AGENT_HANDOFF_RELEASED") {
    Some(_) => None,
    None => Some(Origin { package: env!("CARGO_MANIFEST_DIR"), cargo: env!("CARGO") }),
};

/// Builds the programs of `checkout` in release form; gives the directory they are in.
///
/// Naming the target, even though it is the host's own, keeps the flags from build scripts and procedural macros, which
/// cannot be static. An inherited `RUSTFLAGS` would replace ours and silently give dynamic programs, so it is not
/// passed on.
///
/// # Errors
/// [`InstallError::Tool`] when cargo or rustc fail; their messages go to standard error as they come.
pub fn build(checkout: &Path) -> Result<PathBuf, InstallError> {
    let target = target()?;
    let mut cargo = Command::new(cargo());
    cargo.current_dir(checkout).args(["build", "--release", "--locked", "--target", &target]);
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    if target.contains("-linux-gnu") {
        let linker = if target.starts_with("x86_64-") { &LINKER_FLAGS[..] } else { &[] };
        cargo.env("CARGO_ENCODED_RUSTFLAGS", [&LINUX_FLAGS[..], linker].concat().join("\x1f"));
    } else if target.ends_with("-unknown-linux-musl") && has_own_linker(&host()?) {
        cargo.env("CARGO_ENCODED_RUSTFLAGS", MUSL_FLAGS.join("\x1f"));
    }
    for program in programs::all() {
        cargo.args(["--package", program]);
    }
    let built = cargo.stdin(Stdio::null()).status();
    if !built.is_ok_and(|status| status.success()) {
        return Err(InstallError::Tool("build the programs; cargo says why above".to_owned()));
    }
    Ok(target_directory(checkout)?.join(target).join("release"))
}

/// The cargo that built this program, else the one on PATH.
pub(crate) fn cargo() -> PathBuf {
    ORIGIN.map_or("cargo", |origin| origin.cargo).into()
}

/// What is built for: musl where its standard library and a C compiler for it, which SQLite needs, are here; such programs
/// are 40 % smaller and start faster. Else this machine.
fn target() -> Result<String, InstallError> {
    let host = host()?;
    let Some(machine) = host.strip_suffix("-unknown-linux-gnu") else { return Ok(host) };
    let musl = format!("{machine}-unknown-linux-musl");
    let mut rustc = Command::new(cargo().with_file_name("rustc"));
    rustc.args(["--print", "target-libdir", "--target", &musl]);
    let library = answer(&mut rustc, "ask rustc for its libraries").unwrap_or_default();
    let compilers = ["musl-gcc".to_owned(), format!("{machine}-linux-musl-gcc")];
    let environment = Environment::read();
    let can_compile = compilers.iter().any(|compiler| environment.find_program(compiler).is_some());
    let is_here = can_compile && handoff_files::is_directory(Path::new(library.trim_end()));
    Ok(if is_here && has_own_linker(&host) { musl } else { host })
}

/// Whether Rust's own linker, which the flags for musl name, is among the tools of `host`: a distribution may leave it out.
fn has_own_linker(host: &str) -> bool {
    let mut rustc = Command::new(cargo().with_file_name("rustc"));
    let root = answer(rustc.args(["--print", "sysroot"]), "ask rustc where it is").unwrap_or_default();
    let tools = Path::new(root.trim_end()).join("lib/rustlib").join(host).join("bin");
    handoff_files::is_program(&tools.join("rust-lld"))
}

/// The triple of this machine.
fn host() -> Result<String, InstallError> {
    let rustc = cargo().with_file_name("rustc");
    let version = answer(Command::new(rustc).arg("-vV"), "ask rustc for its host")?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| InstallError::Tool("find the host in what rustc -vV says".to_owned()))
}

/// Where cargo builds, which users configure in several ways.
fn target_directory(checkout: &Path) -> Result<PathBuf, InstallError> {
    let mut cargo = Command::new(cargo());
    cargo.current_dir(checkout).args([
        "metadata",
        "--format-version=1",
        "--no-deps",
        "--locked",
        "--offline",
    ]);
    let metadata = answer(&mut cargo, "ask cargo where it builds")?;
    let rest = metadata.split_once(r#""target_directory":""#).map(|(_, rest)| rest);
    let path = rest.and_then(|rest| rest.split_once('"')).map(|(path, _)| PathBuf::from(path));
    path.ok_or_else(|| InstallError::Tool("find the target directory in cargo's metadata".to_owned()))
}

fn answer(command: &mut Command, purpose: &str) -> Result<String, InstallError> {
    let failed = || InstallError::Tool(purpose.to_owned());
    let output = command.stderr(Stdio::inherit()).output().map_err(|_| failed())?;
    if output.status.success() {
        String::from_utf8(output.stdout).map_err(|_| failed())
    } else {
        Err(failed())
    }
}
