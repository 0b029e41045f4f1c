//! `cargo run --release -p benches secrets`: how many secrets are found, and how many of those found are none.
//!
//! Both corpora are generated here, from a seed, so the numbers are the same on every machine. The secrets are made from
//! what vendors and public rule sets say of the form of their keys, not from this project's own rules. Directories after
//! `secrets` are searched for markdown too; with `HANDOFF_BENCHES_MISSED` set, each miss and each false alarm is printed.

use std::path::{Path, PathBuf};

use handoff_secrets::scan;

use crate::Failure;

/// Vectors of each form, and lines of each kind that only looks like one.
const SEEDS: u64 = 20;

/// The least share of secrets that is found, and of findings that are secrets, in thousandths.
const LEAST_RECALL: usize = 990;
const LEAST_PRECISION: usize = 999;

/// How keys look, one for each prefix. In braces stands an alphabet and how many characters of it: `A` letters and
/// digits, `a` small letters and digits, `h` small hexadecimal, `U` capitals and digits, `w` base64 for URLs, `b` base64,
/// `d` digits.
#[rustfmt::skip]
const VENDORS: &[&str] = &[
    "AGE-SECRET-KEY-1{U58}", "AKIA{U16}", "ASIA{U16}", "ABSK{b110}", "LTAI{a20}", "AIza{w35}", "AQ.{w50}", "GOCSPX-{w28}", "ya29.{w150}",
    "sk-ant-api03-{w93}AA", "sk-ant-admin01-{w93}AA", "sk-proj-{A74}T3BlbkFJ{A74}", "sk-svcacct-{A74}T3BlbkFJ{A74}", "sk-{A20}T3BlbkFJ{A20}",
    "sk-or-v1-{h64}", "gsk_{A52}", "hf_{A34}", "api_org_{A34}", "pplx-{A48}", "xai-{A80}", "r8_{A37}", "nvapi-{w64}", "tvly-{A32}",
    "tvly-dev-{A32}", "lsv2_pt_{h32}_{h10}", "lsv2_sk_{h32}_{h10}",
    "ghp_{A36}", "gho_{A36}", "ghu_{A36}", "ghs_{A36}", "ghr_{A36}", "github_pat_{A22}_{A59}",
    "glpat-{w20}", "gldt-{w20}", "glrt-{w20}", "glptt-{h40}", "glft-{w20}", "glimt-{w25}", "glagent-{w50}", "gloas-{w64}", "glsoat-{w20}", "glcbt-64_{w20}",
    "ATATT3xFfGF0{w170}={U8}", "CCIPAT_{A22}_{h40}", "bkua_{h40}", "squ_{h40}", "sqp_{h40}", "sgp_{h16}_{h40}", "sgp_{h40}", "PMAK-{h24}-{h34}",
    "figd_{w40}", "lin_api_{A40}", "ntn_{d11}{A35}", "secret_{A43}", "phx_{A43}", "rdme_{a70}", "tfp_{w59}",
    "xoxb-{d12}-{d12}-{A24}", "xoxp-{d12}-{d12}-{d12}-{h32}", "xapp-1-{U11}-{d13}-{h64}",
    "hooks.slack.com/services/T{U10}/B{U10}/{A24}", "discord.com/api/webhooks/{d18}/{w68}",
    "sk_live_{A24}", "rk_live_{A99}", "sk_test_{A24}", "whsec_{A32}", "sq0atp-{w22}", "sq0csp-{w43}", "FLWSECK_TEST-{h32}", "duffel_live_{w43}", "shippo_live_{h40}", "EZAK{A54}",
    "shpat_{h32}", "shpca_{h32}", "shppa_{h32}", "shpss_{h32}", "pat-na1-{h8}-{h4}-{h4}-{h4}-{h12}", "xkeysib-{h64}-{A16}", "SG.{w22}.{w43}", "re_{A8}_{A24}", "SK{h32}",
    "dop_v1_{h64}", "doo_v1_{h64}", "dor_v1_{h64}", "dapi{h32}", "dp.pt.{A43}", "dckr_pat_{w27}", "HRKU-AA{w58}", "fm2_{b200}", "fo1_{w43}", "napi_{a64}", "nfp_{A36}", "vcp_{A56}",
    "pscale_tkn_{w43}", "pscale_pw_{w43}", "sbp_{h40}", "sb_secret_{w31}", "pul-{h40}", "{A14}.atlasv1.{w67}", "hvs.{w90}", "hvb.{w140}", "ops_eyJ{b250}", "tskey-auth-{A17}-{A32}",
    "glsa_{A32}_{h8}", "glc_{b80}", "NRAK-{U27}", "sntryu_{h64}", "sntrys_eyJpYXQiO{b90}_{b43}", "dt0c01.{U24}.{U64}", "ico-{A32}", "pnu_{A36}", "API-{U26}", "fio-u-{w64}", "p8e-{a32}",
    "npm_{A36}", "pypi-AgEIcHlwaS5vcmc{w70}", "rubygems_{h48}", "cio{A32}", "oy2{a43}", "CLOJARS_{a60}", "AKCp{A69}",
];

/// How a secret stands in a handoff.
const FORMS: [(&str, &str); 5] = [
    ("bare", "see @ there"),
    ("assigned", "SERVICE_TOKEN=@"),
    ("JSON", "{\"service\": {\"apiKey\": \"@\", \"region\": \"eu\"}}"),
    ("table", "| API key | @ | staging |"),
    ("prose", "The staging API key is @ until Friday."),
];

/// Secrets without a form of their own: only what stands around them tells.
const UNFORMED: &[&str] = &["{A24}", "{A32}", "{h32}", "{h40}", "{b40}", "{w43}"];

/// What stands around those.
const NAMED: &[&str] = &[
    "API_KEY_PROD=@",
    "STRIPE_SECRET_KEY_LIVE=@",
    "db_password_prod: @",
    "OPENAI_KEY=@",
    "SSH_KEY='@'",
    "API key is @",
    "| API key | @ |",
    "Key: `@`",
    "Authorization: Bearer @",
    "tool --api-key @ run",
    "<password>@</password>",
    "curl -u admin:@ https://x.dev",
    "machine x.dev login bot password @",
    "postgres://app:@@db.internal/app",
    "let token = \"@\";",
];

/// What looks like a secret, and is none.
#[rustfmt::skip]
const LOOK_ALIKES: &[&str] = &[
    "commit {h40} (HEAD -> main)", "fixed in {h7}, {h12} and {h40}", "head: {h40}", "sentinel: {h8}", "sha256:{h64}", "sha256 {h64}  release.tar.gz",
    "checksum = \"{h64}\"", "\"integrity\": \"sha512-{b86}==\"", "image: ghcr.io/org/token-service@sha256:{h64}", "ETag: \"{h32}\"",
    "session_id: {h8}-{h4}-{h4}-{h4}-{h12}", "token_id: {d10}", "run 01{U24} finished", "request {h32} took 214 ms", "| run | {h32} |", "| commit | {h40} |",
    "API key: {A8}…", "API key: {h8}...", "API key: {A24}…", "Bearer eyJhbGciOiJIUzI1NiIs{A12}...", "token = \"{A20}...{A4}\"", "ghp_{A8}…", "sk-ant-api03-{A12}...", "| API key | {A16}… |",
    "api_key = \"<your-key>\"", "TOKEN=${SERVICE_TOKEN_{d2}}", "password: {{ vault_db_{d4} }}", "export API_KEY=$KEY_{d3}", "token: !secret api_{d4}", "password = os.environ[\"P{d4}\"]",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{b43} me@laptop", "SHA256:{b43} host key", "public_key: MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE{b80}", "CACHE_KEY={h32}", "IDEMPOTENCY_KEY={h8}-{h4}-{h4}-{h4}-{h12}",
    "cache_key: {h40}", "partition key: {h16}", "Key: `src/auth{d2}/token.rs`", "the key is {d6}", "page_token={w24}", "cursor: {b32}", "max_tokens: {d5}", "token_count: {d6}", "port {d4}, pid {d5}",
    "auth: moved to src/http/auth.rs:{d3}", "token: see line {d4} of config.v{d1}.yaml", "secretName: app-tls-cert-{d4}", "arn:aws:secretsmanager:eu-west-1:{d12}:secret:prod/db-{A6}",
    "data:image/png;base64,{b120}", "https://x.dev/a/{h32}/b?v={d6}", "branch feature/token-refresh-{d4}", "task-{h32} was cancelled", "pk_live_{A24}", "phc_{A43}", "G-{U10}", "UA-{d8}-1",
    "const TOKEN_{d2}: u64 = 0x{h16};", "getToken{d1}Value()", "AccessTokenV{d1}Response", "0x{h40}", "{d2}:{h2}:{h2}:{h2}:{h2}:{h2}", "v1.{d2}.{d1}-{h7}", "| name | {A12} |", "id {A20}",
];

/// How many there were, and how many were found.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    all: usize,
    found: usize,
}

/// Prints both numbers; false when one is below its limit.
pub(crate) fn measure() -> Result<bool, Failure> {
    let mut recall = Count::default();
    for (name, form) in FORMS {
        let count = found(VENDORS, &[form]);
        print(&format!("vendors' keys, {name}"), count);
        recall = recall.and(count);
    }
    let named = found(UNFORMED, NAMED);
    print("other secrets, by what stands around them", named);
    let recall = recall.and(named);
    print("secrets found whole (recall)", recall);

    let generated = look_alikes();
    print("false alarms in lines that look like secrets", generated);
    let own = own_markdown()?;
    print("false alarms in lines of this repository's markdown", own);
    for directory in std::env::args_os().skip(2) {
        let other = in_markdown(Path::new(&directory))?;
        print(&format!("findings in lines of markdown in {}", directory.display()), other);
    }
    let precision = Count { all: recall.found + generated.found + own.found, found: recall.found };
    print("findings that are secrets (precision)", precision);
    Ok(recall.per_mille() >= LEAST_RECALL && precision.per_mille() >= LEAST_PRECISION)
}

impl Count {
    fn and(self, other: Self) -> Self {
        Self { all: self.all + other.all, found: self.found + other.found }
    }

    fn per_mille(self) -> usize {
        (self.found * 1_000).checked_div(self.all).unwrap_or(1_000)
    }
}

fn print(what: &str, count: Count) {
    let share = count.per_mille();
    println!("{what:<52} {:>6} of {:>6} {:>4}.{} %", count.found, count.all, share / 10, share % 10);
}

/// How many secrets of each shape are found whole in each form.
fn found(shapes: &[&str], forms: &[&str]) -> Count {
    let mut count = Count::default();
    for (number, shape) in shapes.iter().enumerate() {
        for form in forms {
            for seed in 0..SEEDS {
                let secret = filled(shape, seed * 1_000 + number as u64);
                let (before, after) = form.split_once('@').unwrap_or((form, ""));
                let text = format!("{before}{secret}{after}\n");
                let span = before.len()..before.len() + secret.len();
                let is_whole = |start: usize, end: usize| start <= span.start && end >= span.end;
                count.all += 1;
                if scan(&text).iter().any(|found| is_whole(found.span.start, found.span.end)) {
                    count.found += 1;
                } else if std::env::var_os("HANDOFF_BENCHES_MISSED").is_some() {
                    println!("missed: {text:?}");
                }
            }
        }
    }
    count
}

fn look_alikes() -> Count {
    let mut count = Count::default();
    for (number, line) in LOOK_ALIKES.iter().enumerate() {
        for seed in 0..SEEDS * 10 {
            let text = filled(line, seed * 7_919 + number as u64);
            count.all += 1;
            count.found += alarms(&text);
        }
    }
    count
}

/// The markdown of this checkout: no secret is in any of it.
fn own_markdown() -> Result<Count, Failure> {
    in_markdown(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
}

/// The lines of every markdown file below `directory`, and what is found in them.
fn in_markdown(directory: &Path) -> Result<Count, Failure> {
    let mut count = Count::default();
    for file in markdown(directory)? {
        let text = String::from_utf8_lossy(&std::fs::read(file)?).into_owned();
        count.all += text.lines().count();
        count.found += alarms(&text);
    }
    Ok(count)
}

fn alarms(text: &str) -> usize {
    let found = scan(text);
    if std::env::var_os("HANDOFF_BENCHES_MISSED").is_some() {
        found.iter().for_each(|found| {
            println!(
                "false alarm, {}: {:?}",
                found.rule,
                &text[text[..found.span.start].rfind('\n').map_or(0, |at| at + 1)..found.span.end]
            )
        });
    }
    found.len()
}

fn markdown(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let is_directory = entry.file_type()?.is_dir();
        if is_directory && name != "target" && !name.as_encoded_bytes().starts_with(b".") {
            found.extend(markdown(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    Ok(found)
}

/// `shape` with every `{A24}` as that many characters of that alphabet. Other braces stay.
fn filled(shape: &str, seed: u64) -> String {
    const DIGITS: &str = "0123456789";
    const SMALL: &str = "abcdefghijklmnopqrstuvwxyz";
    const CAPITALS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut state = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut filled = String::new();
    let mut rest = shape;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        rest = &rest[open..];
        let code = rest
            .find('}')
            .and_then(|close| Some((rest.get(1..2)?, rest.get(2..close)?.parse::<usize>().ok()?, close)));
        let letters = match code {
            Some(("A", ..)) => [DIGITS, SMALL, CAPITALS, ""],
            Some(("a", ..)) => [DIGITS, SMALL, "", ""],
            Some(("h", ..)) => [DIGITS, "abcdef", "", ""],
            Some(("U", ..)) => ["234567", CAPITALS, "", ""],
            Some(("w", ..)) => [DIGITS, SMALL, CAPITALS, "_-"],
            Some(("b", ..)) => [DIGITS, SMALL, CAPITALS, "+/"],
            Some(("d", ..)) => [DIGITS, "", "", ""],
            _ => [""; 4],
        }
        .concat();
        let Some((_, length, close)) = code.filter(|_| !letters.is_empty()) else {
            filled.push('{');
            rest = &rest[1..];
            continue;
        };
        for _ in 0..length {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            filled.push(char::from(letters.as_bytes()[(state >> 16) as usize % letters.len()]));
        }
        rest = &rest[close + 1..];
    }
    filled + rest
}
