//! The kind of a picture, by its content.

/// A kind of picture that every browser shows and that contains no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageKind {
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// Graphics Interchange Format.
    Gif,
    /// WebP.
    WebP,
}

impl ImageKind {
    /// The kind of a file, by its signature (WHATWG MIME Sniffing, 6.1); `None` for anything else, such as SVG.
    pub fn of(content: &[u8]) -> Option<Self> {
        let begins = |signature: &[u8]| content.starts_with(signature);
        if begins(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if begins(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if begins(b"GIF87a") || begins(b"GIF89a") {
            Some(Self::Gif)
        } else if begins(b"RIFF") && content.get(8..14) == Some(b"WEBPVP") {
            Some(Self::WebP)
        } else {
            None
        }
    }

    /// The kind of pictures of a MIME type.
    pub fn of_type(mime_type: &str) -> Option<Self> {
        let all = [Self::Png, Self::Jpeg, Self::Gif, Self::WebP];
        all.into_iter().find(|kind| kind.mime_type() == mime_type)
    }

    /// The MIME type.
    pub fn mime_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_known_by_their_first_bytes() {
        for (content, kind) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a", Some("image/gif")),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"RIFF\x10\0\0\0WAVEfmt ", None),
            (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
            (b"<html>", None),
            (b"", None),
        ] {
            assert_eq!(ImageKind::of(content).map(ImageKind::mime_type), kind);
        }
    }
}
