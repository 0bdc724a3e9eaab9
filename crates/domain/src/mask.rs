//! What is shown of an account to somebody who may be its owner: enough to recognise it, too little to find it.
//!
//! The number of stars does not depend on what they stand for.

const STARS: &str = "***";

/// The first letter of each word of a name: `Léa K.` is `L*** K***`. At most three words.
pub fn name(name: &str) -> String {
    name.split_whitespace().take(3).map(first_letter).collect::<Vec<_>>().join(" ")
}

/// The first letters of an e-mail address and its host, and the last part of the host: `l***@e***.org`.
pub fn email(email: &str) -> String {
    let (user, host) = email.split_once('@').unwrap_or((email, ""));
    match host.rsplit_once('.') {
        Some((host, end)) => format!("{}@{}.{end}", first_letter(user), first_letter(host)),
        None => format!("{}@{STARS}", first_letter(user)),
    }
}

fn first_letter(word: &str) -> String {
    word.chars().take(1).chain(STARS.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_shown() {
        assert_eq!(name("Léa Kandinsky"), "L*** K***");
        assert_eq!(name(" a b c d "), "a*** b*** c***");
        assert_eq!(name(""), "");
        assert_eq!(email("lea.k@mail.example.org"), "l***@m***.org");
        assert_eq!(email("l@x"), "l***@***");
        assert_eq!(email(""), "***@***");
    }
}
