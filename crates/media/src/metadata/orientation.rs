//! Exif blocks that contain nothing but the orientation.

use image::metadata::Orientation;

/// A TIFF file with a single entry.
pub(super) type Exif = [u8; 26];

/// The Exif block of an orientation, unless the picture is upright.
pub(super) fn exif(orientation: Orientation) -> Option<Exif> {
    if orientation == Orientation::NoTransforms {
        return None;
    }
    // Big-endian, the entries are at 8, there is one: tag 0x112, a short, one of them.
    let mut exif = *b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    exif[19] = orientation.to_exif();
    Some(exif)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_orientation_can_be_read_again() {
        for number in 2..=8 {
            let orientation = Orientation::from_exif(number).unwrap();
            assert_eq!(Orientation::from_exif_chunk(&exif(orientation).unwrap()), Some(orientation));
        }
        assert_eq!(exif(Orientation::NoTransforms), None);
    }
}
