//! The table of vendors' keys: how each begins and what follows.
//!
//! Lengths and alphabets are those of keys in use. Where a vendor announces that its keys may grow,
//! the upper bound is generous, so that a longer key is found whole.

use crate::shape::Alphabet::{
    Alnum, AlnumDash, Base64, Digits, DigitsInBase64, Hex, LowerHex, UpperDigits, UrlPath, UrlSafe,
};
use crate::shape::Part::{self, Run, Text};
use crate::shape::UNBOUNDED;

/// One way a vendor's key looks; a vendor with several has several rows under one name.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// The literal beginnings, one of which must stand at the start of a word.
    pub(crate) anchors: &'static [&'static str],
    /// What follows the anchor.
    pub(crate) pattern: &'static [Part],
    /// Whether the anchor is part of the key, or only says that a key follows.
    pub(crate) anchor_is_secret: bool,
}

/// A key that begins with its anchor.
const fn key(name: &'static str, anchors: &'static [&'static str], pattern: &'static [Part]) -> Rule {
    Rule { name, anchors, pattern, anchor_is_secret: true }
}

/// A key that follows its anchor.
const fn key_after(name: &'static str, anchors: &'static [&'static str], pattern: &'static [Part]) -> Rule {
    Rule { name, anchors, pattern, anchor_is_secret: false }
}

/// Rows of one rule stand together.
#[rustfmt::skip]
pub(crate) const VENDORS: &[Rule] = &[
  key("1password-token", &["ops_eyJ"], &[Run(Base64, 100, UNBOUNDED)]),
  key("adobe-secret", &["p8e-"], &[Run(Alnum, 32, 32)]),
  key("age-secret-key", &["AGE-SECRET-KEY-1"], &[Run(UpperDigits, 58, 58)]),
  key("agent-handoff-key", &["handoff_letter_"], &[Run(LowerHex, 64, 64), Text("_"), Run(UrlSafe, 1, 64)]),
  key("alibaba-access-key", &["LTAI"], &[Run(Alnum, 20, 20)]),
  key("anthropic-key", &["sk-ant-"], &[Run(UrlSafe, 40, UNBOUNDED)]),
  key("artifactory-key", &["AKCp"], &[Run(Alnum, 69, 69)]),
  key("atlassian-token", &["ATATT3"], &[Run(UrlSafe, 100, UNBOUNDED)]),
  key("atlassian-token", &["ATATT3"], &[Run(UrlSafe, 100, 300), Text("="), Run(Alnum, 8, 8)]),
  key("aws-access-key", &["AKIA", "ASIA", "ABIA", "ACCA"], &[Run(UpperDigits, 16, 16)]),
  key_after("azure-key", &["AccountKey="], &[Run(Base64, 86, 86), Text("==")]),
  key_after("azure-key", &["SharedAccessKey="], &[Run(Base64, 43, 43), Text("=")]),
  key("bedrock-key", &["ABSK"], &[Run(Base64, 100, UNBOUNDED)]),
  key("brevo-key", &["xkeysib-", "xsmtpsib-"], &[Run(LowerHex, 64, 64), Text("-"), Run(Alnum, 16, 16)]),
  key("buildkite-token", &["bkua_"], &[Run(LowerHex, 40, 40)]),
  key("circleci-token", &["CCIPAT_", "CCIPRJ_"], &[Run(Alnum, 20, 24), Text("_"), Run(Hex, 40, 40)]),
  key("clojars-token", &["CLOJARS_"], &[Run(Alnum, 60, 60)]),
  key("crates-io-token", &["cio"], &[Run(Alnum, 32, 32)]),
  key("databricks-token", &["dapi"], &[Run(LowerHex, 32, 32)]),
  key("databricks-token", &["dapi"], &[Run(LowerHex, 32, 32), Text("-"), Run(Digits, 1, 1)]),
  key("deepseek-key", &["sk-"], &[Run(LowerHex, 32, 32)]),
  key("digitalocean-token", &["dop_v1_", "doo_v1_", "dor_v1_"], &[Run(LowerHex, 64, 64)]),
  key("discord-token", &["M", "N", "O"], &[
    // base64 of a decimal user id of 17 to 19 digits, a time, a signature.
    Run(Alnum, 3, 3),
    Run(DigitsInBase64, 1, 1), Run(Alnum, 3, 3),
    Run(DigitsInBase64, 1, 1), Run(Alnum, 3, 3),
    Run(DigitsInBase64, 1, 1), Run(Alnum, 3, 3),
    Run(DigitsInBase64, 1, 1), Run(Alnum, 6, 9),
    Text("."), Run(UrlSafe, 6, 7),
    Text("."), Run(UrlSafe, 27, 38),
  ]),
  key("discord-webhook", &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"], &[
    Run(Digits, 17, 20), Text("/"), Run(UrlSafe, 60, UNBOUNDED),
  ]),
  key("docker-token", &["dckr_pat_", "dckr_oat_"], &[Run(UrlSafe, 27, 64)]),
  key("doppler-token", &["dp.pt.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."], &[Run(Alnum, 40, 44)]),
  key("doppler-token", &["dp.st."], &[Run(UrlSafe, 2, 35), Text("."), Run(Alnum, 40, 44)]),
  key("duffel-token", &["duffel_test_", "duffel_live_"], &[Run(UrlSafe, 43, 43)]),
  key("dynatrace-token", &["dt0c01.", "dt0s16."], &[Run(UpperDigits, 24, 24), Text("."), Run(UpperDigits, 64, 64)]),
  key("easypost-key", &["EZAK", "EZTK"], &[Run(Alnum, 54, 54)]),
  key("figma-token", &["figd_", "figu_", "figo_"], &[Run(UrlSafe, 38, 64)]),
  key("flutterwave-key", &["FLWSECK_TEST-", "FLWSECK-"], &[Run(Alnum, 32, 40)]),
  key("fly-io-token", &["fm2_"], &[Run(Base64, 100, UNBOUNDED)]),
  key("fly-io-token", &["fo1_"], &[Run(UrlSafe, 43, 43)]),
  key("frameio-token", &["fio-u-"], &[Run(UrlSafe, 64, 64)]),
  key("github-token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], &[Run(Alnum, 36, 255)]),
  key("github-token", &["ghs_"], &[
    // An installation's token that carries a JWT.
    Run(Digits, 1, 20), Text("_eyJ"), Run(UrlSafe, 10, 128),
    Text("."), Run(UrlSafe, 10, 1500),
    Text("."), Run(UrlSafe, 10, UNBOUNDED),
  ]),
  key("github-token", &["github_pat_"], &[Run(Alnum, 22, 22), Text("_"), Run(Alnum, 59, 255)]),
  key("gitlab-token", GITLAB, &[Run(UrlSafe, 20, UNBOUNDED)]),
  key("gitlab-token", GITLAB, &[
    // A token that routes to its cell.
    Run(UrlSafe, 27, 300), Text("."), Run(Alnum, 2, 2), Text("."), Run(Alnum, 7, 12),
  ]),
  key("google-api-key", &["AIza"], &[Run(UrlSafe, 35, 35)]),
  key("google-api-key", &["AQ."], &[Run(UrlSafe, 40, UNBOUNDED)]),
  key("google-oauth-secret", &["GOCSPX-"], &[Run(UrlSafe, 28, 28)]),
  key("google-oauth-token", &["ya29."], &[Run(UrlSafe, 40, UNBOUNDED)]),
  key("grafana-token", &["glsa_"], &[Run(Alnum, 32, 32), Text("_"), Run(Hex, 8, 8)]),
  key("grafana-token", &["glc_"], &[Run(Base64, 32, UNBOUNDED)]),
  key("groq-key", &["gsk_"], &[Run(Alnum, 52, 52)]),
  key("heroku-key", &["HRKU-"], &[Run(UrlSafe, 36, 64)]),
  key("hubspot-token", &["pat-na1-", "pat-na2-", "pat-eu1-", "pat-ap1-"], UUID),
  key("hugging-face-token", &["hf_", "api_org_"], &[Run(Alnum, 34, 40)]),
  key("infracost-key", &["ico-"], &[Run(Alnum, 32, 32)]),
  key("langsmith-key", &["lsv2_pt_", "lsv2_sk_"], &[Run(LowerHex, 32, 32), Text("_"), Run(LowerHex, 10, 10)]),
  key("linear-key", &["lin_api_", "lin_oauth_"], &[Run(Alnum, 40, 64)]),
  key("neon-key", &["napi_"], &[Run(Alnum, 60, 70)]),
  key("netlify-token", &["nfp_", "nfc_", "nfo_"], &[Run(Alnum, 36, 40)]),
  key("new-relic-key", &["NRAK-"], &[Run(UpperDigits, 27, 27)]),
  key("notion-token", &["ntn_"], &[Run(Digits, 11, 11), Run(Alnum, 35, 35)]),
  key("notion-token", &["secret_"], &[Run(Alnum, 43, 43)]),
  key("npm-token", &["npm_"], &[Run(Alnum, 36, 36)]),
  key("nuget-key", &["oy2"], &[Run(Alnum, 43, 43)]),
  key("nvidia-key", &["nvapi-"], &[Run(UrlSafe, 60, 70)]),
  key("octopus-key", &["API-"], &[Run(UpperDigits, 26, 26)]),
  key("openai-key", &["sk-"], &[Run(Alnum, 40, 64)]),
  key("openai-key", &["sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-"], &[Run(UrlSafe, 40, UNBOUNDED)]),
  key("openrouter-key", &["sk-or-v1-"], &[Run(LowerHex, 64, 64)]),
  key("perplexity-key", &["pplx-"], &[Run(Alnum, 48, 56)]),
  key("planetscale-token", &["pscale_tkn_", "pscale_oauth_", "pscale_pw_"], &[Run(UrlSafe, 32, 64)]),
  key("posthog-key", &["phx_"], &[Run(Alnum, 32, 64)]),
  key("postman-key", &["PMAK-"], &[Run(LowerHex, 24, 24), Text("-"), Run(LowerHex, 34, 34)]),
  key("prefect-key", &["pnu_", "pnb_"], &[Run(Alnum, 36, 36)]),
  key("pulumi-token", &["pul-"], &[Run(LowerHex, 40, 40)]),
  key("pypi-token", &["pypi-AgE"], &[Run(UrlSafe, 50, UNBOUNDED)]),
  key("readme-key", &["rdme_"], &[Run(Alnum, 70, 70)]),
  key("replicate-token", &["r8_"], &[Run(Alnum, 37, 40)]),
  key("resend-key", &["re_"], &[Run(Alnum, 8, 8), Text("_"), Run(Alnum, 24, 24)]),
  key("rubygems-key", &["rubygems_"], &[Run(LowerHex, 48, 48)]),
  key("sendgrid-key", &["SG."], &[Run(UrlSafe, 22, 22), Text("."), Run(UrlSafe, 43, 43)]),
  key("sentry-token", &["sntryu_", "sntrya_"], &[Run(LowerHex, 64, 64)]),
  key("sentry-token", &["sntrys_"], &[Run(Base64, 60, UNBOUNDED)]),
  key("sentry-token", &["sntrys_"], &[Run(Base64, 60, 400), Text("_"), Run(Base64, 40, 48)]),
  key("sentry-token", &["sntrys_"], &[Run(Base64, 60, 400), Text("=_"), Run(Base64, 40, 48)]),
  key("sentry-token", &["sntrys_"], &[Run(Base64, 60, 400), Text("==_"), Run(Base64, 40, 48)]),
  key("shippo-token", &["shippo_live_", "shippo_test_"], &[Run(LowerHex, 40, 40)]),
  key("shopify-token", &["shpat_", "shpca_", "shppa_", "shpss_"], &[Run(Hex, 32, 32)]),
  key("slack-token", &["xoxa-", "xoxb-", "xoxc-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-"], &[
    Run(AlnumDash, 20, UNBOUNDED),
  ]),
  key("slack-webhook", &["hooks.slack.com/services/", "hooks.slack.com/workflows/", "hooks.slack.com/triggers/"], &[
    Run(UrlPath, 40, UNBOUNDED),
  ]),
  key("sonarqube-token", &["squ_", "sqp_", "sqa_"], &[Run(LowerHex, 40, 40)]),
  key("sourcegraph-token", &["sgp_"], &[Run(Hex, 40, 40)]),
  key("sourcegraph-token", &["sgp_"], &[Run(Hex, 16, 16), Text("_"), Run(Hex, 40, 40)]),
  key("sourcegraph-token", &["sgp_local_"], &[Run(Hex, 40, 40)]),
  key("square-token", &["sq0atp-"], &[Run(UrlSafe, 22, 22)]),
  key("square-token", &["sq0csp-"], &[Run(UrlSafe, 43, 43)]),
  key("stripe-key", &["sk_live_", "rk_live_", "sk_test_", "rk_test_"], &[Run(Alnum, 20, 255)]),
  key("stripe-webhook-secret", &["whsec_"], &[Run(Base64, 32, 64)]),
  key("supabase-key", &["sbp_"], &[Run(LowerHex, 40, 40)]),
  key("supabase-key", &["sb_secret_"], &[Run(UrlSafe, 30, 64)]),
  key("tailscale-key", &["tskey-auth-", "tskey-api-", "tskey-client-"], &[
    Run(Alnum, 8, 24), Text("-"), Run(Alnum, 24, 64),
  ]),
  key("tavily-key", &["tvly-", "tvly-dev-", "tvly-prod-"], &[Run(Alnum, 28, 64)]),
  key("telegram-bot-token", &["1", "2", "3", "4", "5", "6", "7", "8", "9"], TELEGRAM),
  // In an address of the bot API the number is not a word of its own.
  key_after("telegram-bot-token", &["bot"], TELEGRAM),
  key("terraform-token", ANY_LETTER_OR_DIGIT, &[Run(Alnum, 13, 13), Text(".atlasv1."), Run(UrlSafe, 60, 70)]),
  key("twilio-key", &["SK"], &[Run(LowerHex, 32, 32)]),
  key("typeform-token", &["tfp_"], &[Run(UrlSafe, 44, 60)]),
  key("vault-token", &["hvs.", "hvb.", "hvr."], &[Run(UrlSafe, 24, UNBOUNDED)]),
  key("vercel-token", &["vcp_", "vci_", "vca_", "vcr_", "vck_"], &[Run(Alnum, 24, 64)]),
  key("xai-key", &["xai-"], &[Run(Alnum, 80, 80)]),
];

const GITLAB: &[&str] = &[
    "glpat-", "gloas-", "gldt-", "glrt-", "glptt-", "glft-", "glimt-", "glagent-", "glsoat-", "glcbt-",
    "glffct-",
];

const TELEGRAM: &[Part] = &[Run(Digits, 7, 10), Text(":AA"), Run(UrlSafe, 33, 33)];

const UUID: &[Part] = &[
    Run(Hex, 8, 8),
    Text("-"),
    Run(Hex, 4, 4),
    Text("-"),
    Run(Hex, 4, 4),
    Text("-"),
    Run(Hex, 4, 4),
    Text("-"),
    Run(Hex, 12, 12),
];

/// For a key whose telling part stands in its middle.
#[rustfmt::skip]
const ANY_LETTER_OR_DIGIT: &[&str] = &[
  "0", "1", "2", "3", "4", "5", "6", "7", "8", "9",
  "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z",
  "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z",
];
