//! Samples of every vendor's key.

use crate::random::{ALNUM, BASE64, DIGITS, HEX, LOWER, UPPER, URL_SAFE, random};

/// A key in pieces that are none by themselves.
pub(crate) struct Sample {
    pub(crate) rule: &'static str,
    /// What announces the key without being part of it.
    pub(crate) announced_by: &'static str,
    pub(crate) secret: String,
}

/// At least one key for each rule of the table, in a way it is written in.
#[expect(clippy::too_many_lines, reason = "a table of samples")]
pub(crate) fn samples() -> Vec<Sample> {
    let alnum = |length| random(ALNUM, length, 7);
    let url_safe = |length| random(URL_SAFE, length, 11);
    let hex = |length| random(HEX, length, 13);
    let digits = |length| random(DIGITS, length, 17).replace('0', "4");
    let upper = |length| random(UPPER, length, 19);
    let base64 = |length| random(BASE64, length, 23);
    let mut samples = vec![
        announced("azure-key", "AccountKey=", &[&base64(86), "=="]),
        announced("azure-key", "SharedAccessKey=", &[&base64(43), "="]),
        announced("telegram-bot-token", "api.telegram.org/bot", &[&digits(10), ":AA", &alnum(33)]),
    ];
    let keys = [
        ("age-secret-key", ["AGE-SECRET", "-KEY-1", &upper(58)]),
        ("anthropic-key", ["sk-", "ant-api03-", &url_safe(95)]),
        ("anthropic-key", ["sk-", "ant-oat01-", &url_safe(95)]),
        ("aws-access-key", ["AK", "IA", &upper(16)]),
        ("aws-access-key", ["AS", "IA", &upper(16)]),
        ("crates-io-token", ["c", "io", &alnum(32)]),
        ("databricks-token", ["da", "pi", &hex(32)]),
        ("databricks-token", ["da", "pi", &[&hex(32), "-2"].concat()]),
        ("deepseek-key", ["s", "k-", &hex(32)]),
        ("digitalocean-token", ["dop", "_v1_", &hex(64)]),
        ("discord-token", ["MTA4", "NzM2", &["MjQ1OTE4MzY3NDU2.", &alnum(6), ".", &url_safe(38)].concat()]),
        ("discord-webhook", ["discord.com/api/", "webhooks/", &[&digits(19), "/", &url_safe(68)].concat()]),
        ("docker-token", ["dckr", "_pat_", &url_safe(27)]),
        ("doppler-token", ["dp", ".pt.", &alnum(43)]),
        ("doppler-token", ["dp", ".st.", &["prd.", &alnum(43)].concat()]),
        ("github-token", ["gh", "p_", &alnum(36)]),
        ("github-token", ["gh", "o_", &alnum(36)]),
        ("github-token", ["gh", "u_", &alnum(36)]),
        ("github-token", ["gh", "s_", &alnum(36)]),
        ("github-token", ["gh", "r_", &alnum(76)]),
        (
            "github-token",
            ["gh", "s_", &["12345_ey", "J", &alnum(60), ".", &alnum(90), ".", &url_safe(86)].concat()],
        ),
        ("github-token", ["github", "_pat_", &[&alnum(22), "_", &alnum(59)].concat()]),
        ("gitlab-token", ["gl", "pat-", &alnum(20)]),
        ("gitlab-token", ["gl", "pat-", &[&alnum(27), ".01.", &random(LOWER, 9, 3)].concat()]),
        ("google-api-key", ["AI", "za", &url_safe(35)]),
        ("google-oauth-secret", ["GOC", "SPX-", &url_safe(28)]),
        ("google-oauth-token", ["ya", "29.", &url_safe(160)]),
        ("grafana-token", ["gl", "sa_", &[&alnum(32), "_", &hex(8)].concat()]),
        ("groq-key", ["g", "sk_", &alnum(52)]),
        ("hugging-face-token", ["h", "f_", &alnum(34)]),
        ("linear-key", ["lin", "_api_", &alnum(40)]),
        ("notion-token", ["n", "tn_", &[digits(11), alnum(35)].concat()]),
        ("npm-token", ["np", "m_", &alnum(36)]),
        ("openai-key", ["s", "k-", &alnum(48)]),
        ("openai-key", ["sk-", "proj-", &url_safe(156)]),
        ("openai-key", ["sk-", "svcacct-", &url_safe(156)]),
        ("openrouter-key", ["sk-", "or-v1-", &hex(64)]),
        ("perplexity-key", ["pp", "lx-", &alnum(48)]),
        ("pypi-token", ["py", "pi-AgE", &["IcHlwaS5vcmc", &url_safe(150)].concat()]),
        ("sendgrid-key", ["S", "G.", &[&url_safe(22), ".", &url_safe(43)].concat()]),
        ("sentry-token", ["sn", "tryu_", &hex(64)]),
        ("shopify-token", ["sh", "pat_", &hex(32)]),
        ("slack-token", ["xo", "xb-", &[&digits(12), "-", &digits(13), "-", &alnum(24)].concat()]),
        ("slack-token", ["xo", "xp-", &[&digits(12), "-", &digits(12), "-", &hex(32)].concat()]),
        ("slack-token", ["xa", "pp-1-", &[&upper(11), "-", &digits(13), "-", &hex(64)].concat()]),
        (
            "slack-webhook",
            ["hooks.slack", ".com/services/", &["T", &upper(10), "/B", &upper(10), "/", &alnum(24)].concat()],
        ),
        ("stripe-key", ["sk", "_live_", &alnum(24)]),
        ("stripe-key", ["rk", "_live_", &alnum(99)]),
        ("stripe-key", ["sk", "_test_", &alnum(24)]),
        ("stripe-webhook-secret", ["wh", "sec_", &base64(32)]),
        ("supabase-key", ["s", "bp_", &hex(40)]),
        ("supabase-key", ["sb", "_secret_", &url_safe(31)]),
        ("tailscale-key", ["tskey", "-auth-", &[&alnum(17), "-", &alnum(32)].concat()]),
        ("telegram-bot-token", [&digits(10), ":A", &["A", &alnum(33)].concat()]),
        ("vault-token", ["hv", "s.", &url_safe(92)]),
        ("xai-key", ["x", "ai-", &alnum(80)]),
    ];
    samples.extend(more_samples());
    samples.extend(keys.map(|(rule, pieces)| announced(rule, "", &pieces)));
    samples
}

fn announced(rule: &'static str, announced_by: &'static str, pieces: &[&str]) -> Sample {
    Sample { rule, announced_by, secret: pieces.concat() }
}

/// The same of the vendors whose rule has one shape.
#[expect(clippy::too_many_lines, reason = "a table of samples")]
fn more_samples() -> Vec<Sample> {
    let alnum = |length| random(ALNUM, length, 29);
    let url_safe = |length| random(URL_SAFE, length, 31);
    let hex = |length| random(HEX, length, 37);
    let upper = |length| random(UPPER, length, 41);
    let base64 = |length| random(BASE64, length, 43);
    let uuid = [hex(8), hex(4), hex(4), hex(4), hex(12)].join("-");
    let keys = [
        ("1password-token", ["ops", "_ey", &["J", &base64(250)].concat()]),
        ("adobe-secret", ["p8", "e-", &alnum(32)]),
        ("agent-handoff-key", ["handoff_le", "tter_", &[&hex(64), "_cloud"].concat()]),
        ("alibaba-access-key", ["LT", "AI", &alnum(20)]),
        ("artifactory-key", ["AK", "Cp", &alnum(69)]),
        ("atlassian-token", ["ATA", "TT3", &["xFfGF0", &url_safe(180)].concat()]),
        ("atlassian-token", ["ATA", "TT3", &["xFfGF0", &url_safe(170), "=", &hex(8)].concat()]),
        ("bedrock-key", ["AB", "SK", &base64(128)]),
        ("brevo-key", ["xkey", "sib-", &[&hex(64), "-", &alnum(16)].concat()]),
        ("buildkite-token", ["bk", "ua_", &hex(40)]),
        ("circleci-token", ["CCI", "PAT_", &[&alnum(22), "_", &hex(40)].concat()]),
        ("clojars-token", ["CLO", "JARS_", &alnum(60)]),
        ("duffel-token", ["duffel", "_live_", &url_safe(43)]),
        ("dynatrace-token", ["dt0", "c01.", &[&upper(24), ".", &upper(64)].concat()]),
        ("easypost-key", ["EZ", "AK", &alnum(54)]),
        ("figma-token", ["fi", "gd_", &url_safe(40)]),
        ("flutterwave-key", ["FLW", "SECK-", &[&hex(32), "-X"].concat()[..32]]),
        ("fly-io-token", ["fm", "2_", &base64(200)]),
        ("fly-io-token", ["fo", "1_", &url_safe(43)]),
        ("frameio-token", ["fio", "-u-", &url_safe(64)]),
        ("gitlab-token", ["gl", "cbt-", &["64_", &alnum(20)].concat()]),
        ("google-api-key", ["A", "Q.", &["Ab8RN6", &url_safe(44)].concat()]),
        ("grafana-token", ["gl", "c_", &base64(80)]),
        ("heroku-key", ["HR", "KU-", &["AA", &url_safe(58)].concat()]),
        ("hubspot-token", ["pat-", "na1-", &uuid]),
        ("infracost-key", ["ic", "o-", &alnum(32)]),
        ("langsmith-key", ["lsv2", "_pt_", &[&hex(32), "_", &hex(10)].concat()]),
        ("neon-key", ["na", "pi_", &random(LOWER, 64, 5)]),
        ("netlify-token", ["nf", "p_", &alnum(36)]),
        ("new-relic-key", ["NR", "AK-", &upper(27)]),
        ("notion-token", ["sec", "ret_", &alnum(43)]),
        ("nuget-key", ["oy", "2", &random(LOWER, 43, 5)]),
        ("nvidia-key", ["nv", "api-", &url_safe(64)]),
        ("octopus-key", ["A", "PI-", &upper(26)]),
        ("planetscale-token", ["pscale", "_tkn_", &url_safe(43)]),
        ("posthog-key", ["ph", "x_", &alnum(43)]),
        ("postman-key", ["PM", "AK-", &[&hex(24), "-", &hex(34)].concat()]),
        ("prefect-key", ["pn", "u_", &alnum(36)]),
        ("pulumi-token", ["pu", "l-", &hex(40)]),
        ("readme-key", ["rd", "me_", &random(LOWER, 70, 5)]),
        ("replicate-token", ["r", "8_", &alnum(37)]),
        ("resend-key", ["r", "e_", &[&alnum(8), "_", &alnum(24)].concat()]),
        ("rubygems-key", ["ruby", "gems_", &hex(48)]),
        ("sentry-token", ["snt", "rys_", &["eyJpYXQiOjE3", &base64(90), "=_", &base64(43)].concat()]),
        ("shippo-token", ["shippo", "_live_", &hex(40)]),
        ("sonarqube-token", ["sq", "u_", &hex(40)]),
        ("sourcegraph-token", ["sg", "p_", &[&hex(16), "_", &hex(40)].concat()]),
        ("sourcegraph-token", ["sg", "p_", &hex(40)]),
        ("square-token", ["sq0", "csp-", &url_safe(43)]),
        ("tavily-key", ["tv", "ly-", &["dev-", &alnum(32)].concat()]),
        ("terraform-token", [&alnum(14), ".atlas", &["v1.", &url_safe(67)].concat()]),
        ("twilio-key", ["S", "K", &hex(32)]),
        ("typeform-token", ["tf", "p_", &url_safe(59)]),
        ("vercel-token", ["vc", "p_", &alnum(56)]),
    ];
    keys.map(|(rule, pieces)| announced(rule, "", &pieces)).into()
}
