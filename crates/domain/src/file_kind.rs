//! Kinds of files.

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
