//! Metadata of pictures: where and when they were taken, by whom, with what, and what an editor left behind.
//!
//! Pictures are taken apart into the parts of their format, and only parts on a list are kept: what is needed
//! to show the picture, the colour profile and the orientation. Everything else is dropped, whether it is
//! known or not, including whatever follows the end of the picture. Pixels are never encoded again.

mod gif;
pub(crate) mod jpeg;
mod orientation;
mod png;
mod webp;

use crate::error::MediaError;
use image::ImageFormat;
use image::metadata::Orientation;

/// How the picture has to be turned before it is shown.
pub(crate) fn orientation(format: ImageFormat, bytes: &[u8]) -> Orientation {
    let exif = match format {
        ImageFormat::Jpeg => jpeg::exif(bytes),
        ImageFormat::Png => png::exif(bytes),
        ImageFormat::WebP => webp::exif(bytes),
        _ => None,
    };
    exif.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms)
}

/// The same picture without its metadata. If it has to be turned, it keeps an Exif block that says only that.
pub(crate) fn strip(format: ImageFormat, bytes: &[u8]) -> Result<Vec<u8>, MediaError> {
    let orientation = orientation::exif(orientation(format, bytes));
    let stripped = match format {
        ImageFormat::Jpeg => jpeg::strip(bytes, orientation.as_ref()),
        ImageFormat::Png => png::strip(bytes, orientation.as_ref()),
        ImageFormat::WebP => webp::strip(bytes, orientation.as_ref()),
        ImageFormat::Gif => gif::strip(bytes),
        _ => return Err(MediaError::NotAPicture),
    };
    stripped.ok_or_else(|| MediaError::Damaged("it ends too early".to_owned()))
}
