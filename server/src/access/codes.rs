//! Codes that people copy by hand: one-time passwords and recovery codes, in letters that cannot be mistaken.

use data_encoding::{BASE32_NOPAD, Encoding};

/// 80 bits of randomness as a password that holds once, such as `ABCD-EFGH-IJKL-MNOP`.
pub fn one_time_password(random: [u8; 10]) -> String {
    parted(&BASE32_NOPAD, &random, 4)
}

/// 50 of 56 random bits as a code that takes the place of a second factor once, such as `abcde-fghij`.
pub fn recovery_code(random: [u8; 7]) -> String {
    let code: String = BASE32_NOPAD.encode(&random).to_ascii_lowercase().chars().take(10).collect();
    format!("{}-{}", &code[..5], &code[5..])
}

/// A recovery code as it is compared, however it was typed.
pub fn plain_recovery_code(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn parted(encoding: &Encoding, bytes: &[u8], each: usize) -> String {
    let code = encoding.encode(bytes);
    let parts: Vec<_> = code.as_bytes().chunks(each).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_no_letters_that_look_alike_and_survive_being_typed() {
        assert_eq!(one_time_password([0; 10]), "AAAA-AAAA-AAAA-AAAA");
        assert_eq!(one_time_password([255; 10]), "7777-7777-7777-7777");
        let code = recovery_code([200; 7]);
        assert_eq!(code.len(), 11);
        assert_eq!(plain_recovery_code(&format!(" {} ", code.to_uppercase().replace('-', " "))), code.replace('-', ""));
        assert!(!code.contains(['0', '1', '8', '9']));
    }
}
