//! What we write ourselves.

/// A JSON value in the order it is written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tree {
    Object(Vec<(&'static str, Tree)>),
    Array(Vec<Tree>),
    Text(String),
    Number(u32),
    True,
}

/// How it is written.
#[derive(Clone, Copy)]
pub(crate) enum Form<'a> {
    /// On one line, with or without blanks after `:` and `,`.
    Line { blanks: bool },
    /// A line for each child. The first line stands where it is put; the others start with `indent`.
    Lines { eol: &'a str, unit: &'a str, indent: &'a str },
}

impl Tree {
    pub(crate) fn write(&self, form: Form<'_>) -> String {
        match self {
            Self::Text(text) => string(text),
            Self::Number(number) => number.to_string(),
            Self::True => "true".to_owned(),
            Self::Array(elements) if elements.is_empty() => "[]".to_owned(),
            Self::Array(elements) => {
                let deeper = |form: Form<'_>| elements.iter().map(|element| element.write(form)).collect();
                surround('[', ']', form, deeper)
            }
            Self::Object(properties) => surround('{', '}', form, |form| {
                properties.iter().map(|(key, value)| property(key, value, form)).collect()
            }),
        }
    }
}

/// `"key": value`.
pub(crate) fn property(key: &str, value: &Tree, form: Form<'_>) -> String {
    let colon = if matches!(form, Form::Line { blanks: false }) { ":" } else { ": " };
    format!("{}{colon}{}", string(key), value.write(form))
}

fn surround(
    open: char,
    close: char,
    form: Form<'_>,
    children: impl FnOnce(Form<'_>) -> Vec<String>,
) -> String {
    match form {
        Form::Line { blanks } => {
            format!("{open}{}{close}", children(form).join(if blanks { ", " } else { "," }))
        }
        Form::Lines { eol, unit, indent } => {
            let deeper = format!("{indent}{unit}");
            let children = children(Form::Lines { eol, unit, indent: &deeper });
            let separator = format!(",{eol}{deeper}");
            format!("{open}{eol}{deeper}{}{eol}{indent}{close}", children.join(&separator))
        }
    }
}

pub(crate) fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
