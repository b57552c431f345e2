//! What a person types into a form for a field, read as the field's value: every remedy is the field's own, in both
//! languages, so that a page and a phone refuse the same in the same words.

use super::{Expected, FieldSpec, FieldType, Invalid, Money, PhoneTime, Required, Value};

impl FieldSpec {
    /// Reads what was typed for the field of a name: amounts in yuan, whole numbers with or without thousands parted, text
    /// without what stands around it. Nothing typed is [`Value::Null`].
    ///
    /// # Errors
    /// Names the field and what it may hold; also if nothing was typed for a field that a record always needs.
    pub fn typed(&self, name: &str, text: &str, now: PhoneTime) -> Result<Value, Invalid> {
        let text = text.replace("\r\n", "\n");
        let text = text.trim();
        if text.is_empty() {
            let needed = self.required == Required::Always;
            return if needed { Err(Invalid::missing(name, Expected::given())) } else { Ok(Value::Null) };
        }
        let digits = || text.replace([',', '，'], "");
        let value = match self.ty {
            FieldType::Int(min, max) => {
                let wrong = |_| Invalid::value(name, &text.into(), Expected::number(min, max));
                Value::Int(digits().parse().map_err(wrong)?)
            }
            FieldType::Money => digits().parse::<Money>().map_err(|error| error.in_field(name))?.into(),
            FieldType::Bool => Value::Bool(text == "on" || text == "true"),
            _ => text.into(),
        };
        self.check_edit(name, &value, now)?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::campaign;

    fn typed(name: &str, text: &str) -> Result<Value, String> {
        let now = PhoneTime::from_millis(1_772_985_600_000).expect("a time");
        let field = campaign::KIND.field(name).expect("a field");
        field.typed(name, text, now).map_err(|error| campaign::KIND.explain(&error).en)
    }

    #[test]
    fn what_is_typed_is_read_as_the_fields_value_or_refused_with_the_fields_remedy() {
        assert_eq!(typed("name", "  百日会战 \r\n"), Ok("百日会战".into()));
        assert_eq!(typed("rule/2026-W10/tier/2", "20,000.50"), Ok(Value::Int(2_000_050)));
        assert_eq!(typed("rule/2026-W10/target", "1，200"), Ok(Value::Int(1_200)));
        assert_eq!(typed("rule/2026-W10/cap/visits", "  "), Ok(Value::Null));
        assert_eq!(typed("unit/B1/in", "on"), Ok(Value::Bool(true)));
        for (name, text, remedy) in [
            ("name", " ", "without it"),
            ("starts", "soon", "a date such as"),
            ("starts", "1999-01-01", "a date from"),
            ("rule/2026-W10/target", "five", "a number from 0 to 10000"),
            ("rule/2026-W10/target", "-1", "a number from 0 to 10000"),
            ("rule/2026-W10/tier/2", "1.234", "yuan with at most two decimals"),
            ("rule/2026-W10/tie", "coin", "one of shared, first"),
            ("zone", "Mars/Olympus", "an IANA name"),
        ] {
            let refused = typed(name, text).expect_err(name);
            assert!(refused.contains(remedy), "{refused}");
        }
    }

    #[test]
    fn beside_its_input_an_error_does_not_name_the_field_again() {
        let now = PhoneTime::from_millis(1_772_985_600_000).expect("a time");
        let field = campaign::KIND.field("rule/2026-W10/minutes").expect("a field");
        let words = field.typed("rule/2026-W10/minutes", "-5", now).expect_err("too few").beside();
        assert_eq!(words.zh, "“-5”不符合要求，应为 0 到 1440 之间的整数");
        assert_eq!(words.en, "`-5` is not valid; expected a number from 0 to 1440");
    }
}
