//! Why a file cannot be used as a picture, in words for the person who uploads it.

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The file could not be read or written.
    #[error("failed to {0}: {1}")]
    File(&'static str, #[source] std::io::Error),
    /// The file is something else, or a kind of picture that is not read.
    #[error("the file is not a JPEG, PNG, GIF or WebP picture")]
    NotAPicture,
    /// Its header claims too many pixels.
    #[error("the picture has {} megapixels; at most {} are allowed", megas(*.pixels), megas(*.allowed))]
    TooManyPixels {
        /// Width times height.
        pixels: u64,
        /// At most so many.
        allowed: u64,
    },
    /// Decoding it would take too much memory.
    #[error("the picture needs {} MB of memory; at most {} are allowed", megas(*.bytes), megas(*.allowed))]
    TooMuchMemory {
        /// Estimated.
        bytes: u64,
        /// At most so many.
        allowed: u64,
    },
    /// The file is too large for a picture. It can still be a plain file.
    #[error("the file has {} MB; a picture may have at most {}", megas(*.bytes), megas(*.allowed))]
    TooLarge {
        /// The size of the file.
        bytes: u64,
        /// At most so many.
        allowed: u64,
    },
    /// It cannot be decoded.
    #[error("the picture is damaged: {0}")]
    Damaged(String),
    /// Too many files wait to be looked at.
    #[error("too many files are being processed; try again in a moment")]
    Busy,
}

/// Millions, rounded up: what is just over a bound is not shown as the bound.
fn megas(number: u64) -> u64 {
    number.div_ceil(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_can_be_read_by_the_uploader() {
        let pixels = MediaError::TooManyPixels { pixels: 400_000_000, allowed: 50_000_000 };
        assert_eq!(pixels.to_string(), "the picture has 400 megapixels; at most 50 are allowed");
        let large = MediaError::TooLarge { bytes: 50_000_001, allowed: 50_000_000 };
        assert_eq!(large.to_string(), "the file has 51 MB; a picture may have at most 50");
    }
}
