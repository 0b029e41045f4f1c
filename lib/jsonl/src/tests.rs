//! The JSON that is one, against `serde_json`, and what is none.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn json_is_read_as_serde_reads_it(value in json(), spaced in any::<bool>()) {
        let text = if spaced { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        same(Value::new(text.as_bytes()), &value);
    }

    #[test]
    fn strings_are_decoded_as_serde_decodes_them(text in any::<String>()) {
        let written = serde_json::to_string(&text).unwrap();
        let plain: String = text.chars().filter(|c| !c.is_control() || "\n\t".contains(*c)).collect();
        if !text.contains('\r') {
            let body = Value::new(written.as_bytes()).string().unwrap().body(usize::MAX);
            prop_assert_eq!(body.text, plain);
        }
        let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        let expected = Value::new(written.as_bytes()).string().unwrap().body(usize::MAX);
        prop_assert_eq!(Raw::new(escaped.as_bytes()).body(usize::MAX), expected);
        for raw in [Raw::new(escaped.as_bytes()), Value::new(written.as_bytes()).string().unwrap()] {
            prop_assert_eq!(raw.text(text.len()), Body { text: text.clone(), cut: false });
            for limit in 0..text.len() {
                let fits = &text[..text.floor_char_boundary(limit)];
                prop_assert_eq!(raw.text(limit), Body { text: fits.to_owned(), cut: true });
            }
        }
    }

    #[test]
    fn odd_strings_are_decoded_somehow(
        bytes in proptest::collection::vec(prop_oneof![Just(b'\\'), Just(b'u'), Just(b'd'), any::<u8>()], 0..60),
        limit in 0usize..40,
    ) {
        let raw = Raw::new(&bytes);
        prop_assert!(raw.body(limit).text.len() <= limit && raw.text(limit).text.len() <= limit);
        prop_assert!(raw.beginning(limit).len() <= bytes.len() * 3);
        let _ = Value::new(&bytes).pick(["a"]);
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        (-1e9..1e9).prop_map(|number: f64| number.into()),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            proptest::collection::btree_map("[a-z ]{0,4}", inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn same(ours: Value<'_>, theirs: &serde_json::Value) {
    match theirs {
        serde_json::Value::Null => assert!(ours.is_null()),
        serde_json::Value::Bool(flag) => assert_eq!(ours.flag(), Some(*flag)),
        serde_json::Value::Number(number) => {
            assert_eq!(ours.number(), number.as_f64());
            assert_eq!(number.is_u64().then(|| ours.count()).flatten(), number.as_u64());
        }
        serde_json::Value::String(_) => assert!(ours.string().is_some()),
        serde_json::Value::Array(items) => {
            assert_eq!(ours.items().count(), items.len());
            ours.items().zip(items).for_each(|(ours, theirs)| same(ours, theirs));
        }
        serde_json::Value::Object(map) => {
            assert!(ours.pick(["type"]).is_some());
            assert_eq!(ours.entries().count(), map.len());
            for (key, value) in map {
                let [ours] = ours.pick([key]).unwrap();
                same(ours.unwrap(), value);
            }
        }
    }
}
