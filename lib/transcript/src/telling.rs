//! Whether a request says what the work is about, or no more than that it should go on.

/// The most letters and digits of a text that is too short to say anything.
const TOO_SHORT: usize = 2;

/// From how many words on a request is taken to say something, whatever they are.
const MAX_WORDS: usize = 12;

/// So much of a text is looked at, in bytes.
const MAX_BYTES: usize = 1_000;

/// Words, in small letters, that say nothing by themselves nor together: assents, refusals, thanks, and what goes
/// with them. Each text has several, with blanks between.
const WORDS: &[&str] = &[
    // English.
    "again agreed ahead all alright and back both carry come confirmed continue cool correct do done",
    "exactly excellent fine first from full go going good great happy it just keep last left let lets",
    "lgtm looks me my nah next nice no nope now off oh ok okay on one onwards option perfect please",
    "proceed push pushing resume retry right second send ship so sounds step sure thank thanks that",
    "the then third this try up us very well where with works y ya yea yeah yep yes you yup",
    // German.
    "alles bitte danke das einverstanden fahr fahre fort fortfahren genau gerne gut ja jawohl jep jo",
    "klar los mach mache machen nein nochmal passt prima richtig schön sehr stimmt super tu und",
    "weiter weitermachen wunderbar",
    // French.
    "accord allez allons avance bien bon c cest continuer continuez d daccord est fais fait le merci",
    "non ouais oui parfait plait plaît poursuis poursuivez s sil suite suivant te vas vous vs",
    // Spanish, Portuguese and Italian.
    "acordo acuerdo adelante ancora avanti beleza bem bene bom certo claro continua continuar",
    "continúa dai dale de esta está fallo favor faz fazer gracias grazie hazlo hecho isso listo não",
    "obrigada obrigado per perfecto perfeito perfetto pode podes por pra procedi prosegui prosseguir",
    "segue seguir si sigue sim sì sí tudo va vai vale vamos",
    // Dutch and the northern languages.
    "akkoord bra da doe door doorgaan fint fortsett fortsätt fortsæt ga goed graag gå jatka joo kyllä",
    "kör maar nee nei nej okej på tack tak takk verder vidare videre",
    // Czech, Polish, Romanian, Hungarian, Turkish, Vietnamese, Indonesian.
    "ano bine continuă dalej devam dobra dobrze dobře dziękuję et evet folytasd igen jasne kontynuuj",
    "lanjut lanjutkan lütfen pokračuj proszę rendben tamam teşekkürler tiếp tục vâng được",
    // Russian and Ukrainian.
    "да давай далее дальше далі добре ладно не нет ок окей отлично поехали пожалуйста правильно",
    "продовжуй продолжай продолжайте продолжить спасибо так хорошо",
    // Arabic and Hebrew.
    "המשך כן תודה استمر تابع تمام حسنا شكرا لا نعم",
    // Greek.
    "εντάξει ναι συνέχισε",
    // Chinese.
    "下一步 不 不用 可以 可以的 同意 嗯 好 好吧 好啊 好的 对 对的 對 开始 开始吧 是 是的 沒問題 没问题 确认 確認 繼續 继续 继续吧 继续执行 行 請繼續 謝謝 请继续 谢谢",
    // Japanese.
    "ありがとう いいえ いいです いいよ うん ええ お願い お願いします どうぞ はい やって オーケー 了解 了解です 次 次へ 続けて 続けてください 続行 続行して 進めて 進めてください",
    // Korean.
    "계속 계속하세요 계속해 계속해주세요 계속해줘 고마워 그래 네 넵 다음 아니 아니요 예 응 좋아 좋아요 진행 진행해 진행해주세요 진행해줘",
];

/// Whether a request says what it is about.
pub fn is_telling(text: &str) -> bool {
    let text = text.trim();
    // A slash command without a word more is what it does, and not what the work is about.
    if text.starts_with('/') && !text.contains(char::is_whitespace) {
        return false;
    }
    if text.chars().filter(|letter| letter.is_alphanumeric()).take(TOO_SHORT + 1).count() <= TOO_SHORT {
        return false;
    }
    // Whatever has more words than this says something.
    let lower = text[..text.floor_char_boundary(MAX_BYTES)].to_lowercase();
    // A contraction is one word: let's, don't.
    let lower = lower.replace(['\'', '’'], "");
    let words: Vec<&str> = lower
        .split(|letter: char| !is_of_word(letter))
        .filter(|word| !word.is_empty())
        .take(MAX_WORDS + 1)
        .collect();
    let is_known = |word: &str| WORDS.iter().any(|words| words.split(' ').any(|known| known == word));
    let says_nothing = |word: &&str| is_known(word) || word.chars().all(char::is_numeric);
    words.len() > MAX_WORDS || !words.iter().all(says_nothing)
}

/// Letters and digits, and the marks on letters of which some scripts' words are made.
fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use super::is_telling;

    #[test]
    fn what_only_has_it_go_on_does_not_say_what_it_is_about() {
        for text in [
            "go on",
            "Go on!",
            "  OK, continue…",
            "yes please",
            "weiter",
            "/clear",
            "👍",
            "",
            "ship it",
            "Ship it! 🚀",
            "k",
            "1",
            "2.",
            "option 2 please",
            "42",
            "oui",
            "Oui, vas-y",
            "继续",
            "好的，继续",
            "ja",
            "Ja, bitte weitermachen",
            "sí, adelante",
            "sim, pode continuar",
            "Continue from where you left off.",
            "continue from where you left off please",
            "да, продолжай",
            "はい、続けてください",
            "네, 계속해줘",
            "evet, devam et",
            "no",
            "nope",
            "let's go",
            "yes, do that and then the next one",
            "d'accord",
            "the second one",
            "jo",
            "sounds good, thanks!",
        ] {
            assert!(!is_telling(text), "{text}");
        }
        for text in [
            "go on with the parser",
            "fix it",
            "/review src/a.rs",
            "/etc/hosts is wrong",
            "ja, mit Tests",
            "why?",
            "修复登录",
            "テストを直して",
            "oui, mais sans les tests",
            "run it",
            "revert",
            "push to origin",
            "commit",
            "no, use the other crate",
            "Bug 123",
        ] {
            assert!(is_telling(text), "{text}");
        }
    }
}
