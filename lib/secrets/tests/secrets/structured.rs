//! Secrets that their surroundings tell: key blocks, JWTs, passwords in URLs.

use handoff_secrets::{Finding, scan};

use crate::random::{ALNUM, BASE64, URL_SAFE, random};

/// The secrets of a text in which each stands between `⟦` and `⟧`, which are taken out first.
#[track_caller]
fn assert_marked(rule: &'static str, marked: &str) {
    let (mut text, mut expected) = (String::new(), Vec::new());
    for (index, part) in marked.split(['⟦', '⟧']).enumerate() {
        let start = text.len();
        text.push_str(part);
        if index % 2 == 1 {
            let line = text[..start].matches('\n').count() + 1;
            expected.push(Finding { rule, line, span: start..text.len() });
        }
    }
    assert_eq!(scan(&text), expected, "{text}");
}

fn begin(label: &str) -> String {
    ["-----BEG", "IN ", label, "-----"].concat()
}

fn end(label: &str) -> String {
    ["-----E", "ND ", label, "-----"].concat()
}

fn material(lines: usize, line_end: &str) -> String {
    (0..lines).map(|seed| random(BASE64, 64, seed as u64) + line_end).collect()
}

#[test]
fn a_private_key_is_found_whole() {
    for label in
        ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]
    {
        let block = [begin(label), "\n".into(), material(12, "\n"), "Zm9v=\n".into(), end(label)].concat();
        assert_marked("private-key", &format!("The key:\n\n```\n⟦{block}⟧\n```\nand on.\n"));
    }
}

#[test]
fn a_private_key_with_headers_is_found_whole() {
    let label = "RSA PRIVATE KEY";
    let headers = "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF\n\n";
    let block = [begin(label), headers.into(), material(3, "\n"), end(label)].concat();
    assert_marked("private-key", &format!("⟦{block}⟧"));
    let label = "PGP PRIVATE KEY BLOCK";
    let block =
        [begin(label), "\nVersion: 2\n\n".into(), material(3, "\n"), "=aB3d\n".into(), end(label)].concat();
    assert_marked("private-key", &format!("⟦{block}⟧\n"));
}

#[test]
fn a_private_key_is_found_in_a_json_string_a_quotation_and_a_diff() {
    let label = "PRIVATE KEY";
    let block = [begin(label), "\\n".into(), material(3, "\\n"), end(label)].concat();
    assert_marked("private-key", &format!("{{\"private_key\": \"⟦{block}⟧\\n\", \"type\": 1}}"));
    let block = [begin(label), "\n> ".into(), material(3, "\n> "), end(label)].concat();
    assert_marked("private-key", &format!("> ⟦{block}⟧\n> thanks"));
    let block = [begin(label), "\n-".into(), material(3, "\n-"), end(label)].concat();
    assert_marked("private-key", &format!("-⟦{block}⟧\n+gone"));
}

#[test]
fn a_private_key_is_found_on_one_line() {
    let label = "PRIVATE KEY";
    let block = [begin(label), " ".into(), material(3, " "), end(label)].concat();
    assert_marked("private-key", &format!("KEY='⟦{block}⟧'"));
    let block = [begin(label), material(3, ""), end(label)].concat();
    assert_marked("private-key", &format!("KEY='⟦{block}⟧'"));
}

#[test]
fn a_private_key_without_an_end_is_found_to_the_end_of_its_base64() {
    let block = [begin("PRIVATE KEY"), "\n".into(), material(3, "\n")].concat();
    let block = block.trim_end();
    assert_marked("private-key", &format!("⟦{block}⟧\n\nThe rest was cut off.\n"));
    assert_marked("private-key", &format!("⟦{block}⟧\n{}\nabc\n", begin("CERTIFICATE")));
    assert_marked("private-key", &format!("⟦{block}⟧"));
}

/// `text` in base64.
fn encoded(text: &str) -> String {
    let letters = BASE64.as_bytes();
    let letter = |bits: u32| char::from(letters[bits as usize & 63]);
    let three = text
        .as_bytes()
        .chunks_exact(3)
        .map(|b| u32::from(b[0]) << 16 | u32::from(b[1]) << 8 | u32::from(b[2]));
    three.flat_map(|bits| [letter(bits >> 18), letter(bits >> 12), letter(bits >> 6), letter(bits)]).collect()
}

#[test]
fn a_private_key_in_base64_is_found_whole_and_a_certificate_is_not() {
    for label in ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY"] {
        let block = encoded(&[begin(label), "\n".into(), material(6, "\n"), end(label)].concat());
        assert_marked("private-key", &format!("users:\n- user:\n    client-key-data: ⟦{block}==⟧\n"));
    }
    let certificate = encoded(&[begin("CERTIFICATE"), "\n".into(), material(6, "\n")].concat());
    assert_marked("private-key", &format!("client-certificate-data: {certificate}\n"));
}

#[test]
fn public_keys_certificates_and_markers_alone_are_no_secrets() {
    for label in
        ["PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE", "PGP PUBLIC KEY BLOCK", "CERTIFICATE REQUEST"]
    {
        let block = [begin(label), "\n".into(), material(9, "\n"), end(label)].concat();
        assert_marked("private-key", &block);
    }
    let label = "PRIVATE KEY";
    assert_marked(
        "private-key",
        &format!("It starts with `{}` and ends with `{}`.", begin(label), end(label)),
    );
    assert_marked("private-key", &format!("{}\n...\n{}\n", begin(label), end(label)));
    assert_marked("private-key", &format!("{}\n<your key here>\n{}\n", begin(label), end(label)));
    assert_marked("private-key", &format!("grep -r -- '{}' .", begin(label)));
}

fn token(parts: &[&str]) -> String {
    ["ey", "J", &parts.join(".")].concat()
}

#[test]
fn a_signed_or_encrypted_token_is_found_whole() {
    let (header, payload, signature) =
        (random(ALNUM, 33, 1), random(URL_SAFE, 120, 2), random(URL_SAFE, 43, 3));
    let signed = token(&[&header, &payload, &signature]);
    assert_marked("jwt", &format!("the cookie was ⟦{signed}⟧.\n"));
    assert_marked("jwt", &format!("Authorization: Bearer ⟦{signed}⟧\n"));
    assert_marked("jwt", &format!("{{\"id_token\":\"⟦{signed}⟧\"}}"));
    assert_marked("jwt", &format!("https://x.example/cb#jwt=⟦{signed}⟧&state=1"));
    let encrypted =
        token(&[&header, &payload, &random(ALNUM, 16, 4), &random(ALNUM, 99, 5), &random(ALNUM, 22, 6)]);
    assert_marked("jwt", &format!("⟦{encrypted}⟧"));
    let directly = token(&[&header, "", &random(ALNUM, 16, 4), &random(ALNUM, 99, 5), &random(ALNUM, 22, 6)]);
    assert_marked("jwt", &format!("⟦{directly}⟧"));
}

#[test]
fn an_unsigned_token_or_half_of_one_is_no_secret() {
    let (header, payload) = (random(ALNUM, 33, 1), random(URL_SAFE, 120, 2));
    assert_marked("jwt", &format!("a header {}", token(&[&header])));
    assert_marked("jwt", &format!("two parts {} only", token(&[&header, &payload])));
    assert_marked("jwt", &format!("unsigned {}", token(&[&header, &payload, ""])));
    assert_marked("jwt", &format!("{}.", token(&[&header, &payload])));
    assert_marked("jwt", &["obj.k", &token(&[&header, &payload, &header])].concat());
    assert_marked("jwt", &token(&["hbGciOi...", "...", "..."]));
    assert_marked("jwt", &token(&["xxxxxxxxx", "xxxxxxxxxxx", "xxxxxxxxxxxx"]));
}

#[test]
fn a_password_in_a_url_is_found_alone() {
    let at = "@";
    for marked in [
        format!("DATABASE_URL=postgres://app:⟦s3cr-Kd9⟧{at}db.internal:5432/app?sslmode=require"),
        format!("clone https://bot:⟦hunter2⟧{at}git.corp.dev/a/b.git first"),
        format!("redis://:⟦foobared⟧{at}localhost:6379/0"),
        format!("(see <amqp://jobs:⟦Qr7.x!⟧{at}mq>)"),
        format!("`mongodb+srv://admin:⟦p%40ss:word⟧{at}cluster0.abc.mongodb.net/?w=majority`"),
        format!("HTTPS://Bot:⟦hunter2⟧{at}HOST"),
        format!("mysql://a:⟦one-1⟧{at}h/x mysql://b:⟦two-2⟧{at}h/x\nmysql://c:⟦three-3⟧{at}h"),
        format!("smtp://me%40corp.dev:⟦in@side⟧{at}mail.corp.dev:587"),
    ] {
        assert_marked("url-password", &marked);
    }
}

#[test]
fn a_vendors_key_in_a_url_is_named_after_the_vendor() {
    let key = ["gh", "p_", &random(ALNUM, 36, 5)].concat();
    assert_marked("github-token", &format!("https://x-access-token:⟦{key}⟧@github.com/a/b"));
    assert_marked("github-token", &format!("https://⟦{key}⟧@github.com/a/b"));
}
