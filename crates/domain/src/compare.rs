//! Comparison of secrets.

/// Compares two secrets in constant time. Their lengths are not secret.
pub fn is_same_secret(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |found, (one, other)| found | (one ^ other));
    one.len() == other.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_equal_secrets_compare_equal() {
        assert!(is_same_secret(b"abc", b"abc"));
        for other in [&b"abd"[..], b"ab", b"abcd", b""] {
            assert!(!is_same_secret(b"abc", other), "{other:?}");
        }
    }
}
