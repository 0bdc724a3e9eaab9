//! What uploaded files are.
//!
//! [`sniff`] finds the content type in the first bytes of a file. [`picture`] measures a picture and makes its
//! thumbnail and blur hash, and [`strip_metadata`] copies it without what cameras and editors add.
//! [`recording`] reads duration, codecs and waveform of sound and film.
//!
//! Files come from strangers. Dimensions are checked before anything is decoded; memory, time and what is read
//! are bounded ([`PictureLimits`], [`RecordingLimits`]); a decoder that panics refuses the file. A file that is
//! refused here can still be uploaded: it is then a plain file, for download.
//!
//! # Metadata
//! Removed are Exif with places, times and serial numbers, XMP, IPTC, comments, embedded thumbnails, unknown
//! parts, and whatever follows the end of a picture: the film of a motion photo, the second picture of a
//! multi-picture file, an archive hidden behind it. Kept are pixels, frames and colour profile, byte for byte,
//! and the orientation, in an Exif block that contains nothing else. Metadata of sound and film is kept.
//!
//! [`Depot`] is the folder in which files are kept.
//!
//! Everything but [`Pool`] and [`Depot`] blocks. Nothing here knows users, messages, databases or HTTP.

mod content_type;
mod depot;
mod error;
mod guard;
mod metadata;
mod picture;
mod pool;
mod recording;
mod sniff;
mod text;

pub use content_type::{ContentType, is_harmless};
pub use depot::{Depot, Incoming};
pub use error::MediaError;
pub use picture::{Picture, PictureLimits, Stripped, THUMBNAIL_SIDE, picture, strip_metadata};
pub use pool::Pool;
pub use recording::{Film, Recording, RecordingLimits, WAVEFORM_VALUES, recording};
pub use sniff::{SNIFF_BYTES, sniff};
