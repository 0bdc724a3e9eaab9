//! Kinds of files.

use crate::MessageType;
use crate::named::named;

named!(
    /// The kinds of files.
    FileKind, "kind of file" {
        /// An image.
        Image = "image",
        /// A document, or anything that is nothing else.
        Document = "document",
        /// A recording.
        Audio = "audio",
        /// A video.
        Video = "video",
        /// A text.
        Text = "text",
    }
);

impl FileKind {
    /// The kind of files of a MIME type.
    #[must_use]
    pub fn of_type(mime_type: &str) -> Self {
        let kind = mime_type.split('/').next().unwrap_or_default();
        [Self::Image, Self::Audio, Self::Video, Self::Text]
            .into_iter()
            .find(|known| known.name().eq_ignore_ascii_case(kind))
            .unwrap_or(Self::Document)
    }

    /// The type of a message that consists of such files.
    #[must_use]
    pub fn message_type(self) -> MessageType {
        match self {
            Self::Image => MessageType::Image,
            Self::Audio => MessageType::Audio,
            Self::Video => MessageType::Video,
            Self::Document | Self::Text => MessageType::File,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_follows_from_the_type() {
        for (mime_type, kind) in [
            ("image/png", FileKind::Image),
            ("IMAGE/PNG", FileKind::Image),
            ("audio/ogg; codecs=opus", FileKind::Audio),
            ("video/mp4", FileKind::Video),
            ("text/plain", FileKind::Text),
            ("application/pdf", FileKind::Document),
            ("imagery", FileKind::Document),
            ("", FileKind::Document),
        ] {
            assert_eq!(FileKind::of_type(mime_type), kind, "{mime_type}");
        }
    }
}
