//! Pictures: sizes, thumbnails, blur hashes.

use crate::metadata::with_orientation;
use crate::samples::{OnDisk, encoded, gray_16_bit, red_and_blue};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use meeshy_media::{MediaError, Picture, PictureLimits, THUMBNAIL_SIDE, picture};

pub const FORMATS: [ImageFormat; 4] =
    [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP];

pub fn look_at(bytes: &[u8]) -> Result<Picture, MediaError> {
    picture(&OnDisk::new(bytes).path(), &PictureLimits::default())
}

fn thumbnail(picture: &Picture) -> RgbImage {
    image::load_from_memory_with_format(&picture.thumbnail, ImageFormat::Jpeg).unwrap().into_rgb8()
}

#[track_caller]
fn assert_like(found: Rgb<u8>, expected: [u8; 3]) {
    let is_like = found.0.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) < 40);
    assert!(is_like, "{found:?} is not {expected:?}");
}

const RED: [u8; 3] = [255, 0, 0];
const BLUE: [u8; 3] = [0, 0, 255];

#[test]
fn pictures_of_all_formats_have_a_thumbnail_and_a_blur_hash() {
    for format in FORMATS {
        let picture = look_at(&encoded(&red_and_blue(900, 300), format)).unwrap();
        assert_eq!((picture.width, picture.height), (900, 300), "{format:?}");
        let thumbnail = thumbnail(&picture);
        assert_eq!(thumbnail.dimensions(), (THUMBNAIL_SIDE, 100), "{format:?}");
        assert_like(*thumbnail.get_pixel(20, 20), RED);
        assert_like(*thumbnail.get_pixel(280, 20), BLUE);
        let hashed = blurhash::decode(&picture.blur_hash, 4, 1, 1.0).unwrap();
        // Waves overshoot at the border.
        let (left, right) = (&hashed[4..7], &hashed[12..15]);
        assert!(left[0] > 200 && left[2] < 100, "{format:?}: {hashed:?}");
        assert!(right[0] < 100 && right[2] > 200, "{format:?}: {hashed:?}");
    }
}

#[test]
fn a_picture_that_has_to_be_turned_is_measured_and_shown_upright() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let bytes = encoded(&red_and_blue(900, 300), format);
        let picture = look_at(&with_orientation(format, &bytes, 6)).unwrap();
        assert_eq!((picture.width, picture.height), (300, 900), "{format:?}");
        let thumbnail = thumbnail(&picture);
        assert_eq!(thumbnail.dimensions(), (100, THUMBNAIL_SIDE), "{format:?}");
        assert_like(*thumbnail.get_pixel(50, 20), RED);
        assert_like(*thumbnail.get_pixel(50, 280), BLUE);
        let mirrored = look_at(&with_orientation(format, &bytes, 3)).unwrap();
        assert_eq!((mirrored.width, mirrored.height), (900, 300), "{format:?}");
        assert_like(*self::thumbnail(&mirrored).get_pixel(20, 80), BLUE);
    }
}

#[test]
fn what_is_transparent_is_white_in_the_thumbnail() {
    let clear = DynamicImage::ImageRgba8(image::RgbaImage::new(20, 20));
    for format in [ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
        assert_like(*thumbnail(&look_at(&encoded(&clear, format)).unwrap()).get_pixel(9, 9), [255; 3]);
    }
    let half = look_at(&encoded(&gray_16_bit(), ImageFormat::Png)).unwrap();
    assert_like(*thumbnail(&half).get_pixel(4, 4), [177; 3]);
}

#[test]
fn small_and_narrow_pictures_keep_their_pixels() {
    for (size, reduced) in [((10, 5), (10, 5)), ((1, 1), (1, 1)), ((3000, 2), (300, 1)), ((2, 601), (1, 300))]
    {
        let picture = DynamicImage::ImageRgb8(RgbImage::from_pixel(size.0, size.1, Rgb([9, 200, 9])));
        let picture = look_at(&encoded(&picture, ImageFormat::Png)).unwrap();
        assert_eq!((picture.width, picture.height), size);
        assert_eq!(thumbnail(&picture).dimensions(), reduced);
        assert_like(*thumbnail(&picture).get_pixel(0, 0), [9, 200, 9]);
    }
}

#[test]
fn only_pictures_within_the_limits_are_decoded() {
    let png = encoded(&red_and_blue(1000, 1000), ImageFormat::Png);
    let file = OnDisk::new(&png);
    let limits = PictureLimits::default();
    let refused = |limits| picture(&file.path(), &limits).unwrap_err().to_string();
    assert_eq!(
        refused(PictureLimits { max_bytes: 10, ..limits }),
        "the file has 1 MB; a picture may have at most 1"
    );
    assert!(refused(PictureLimits { max_pixels: 999_999, ..limits }).contains("megapixels"));
    assert!(refused(PictureLimits { max_memory_bytes: 3_999_999, ..limits }).contains("memory"));
    let exact =
        PictureLimits { max_bytes: png.len() as u64, max_pixels: 1_000_000, max_memory_bytes: 4_000_000 };
    assert!(picture(&file.path(), &exact).is_ok());
    assert!(matches!(look_at(b"<html>"), Err(MediaError::NotAPicture)));
    assert!(matches!(look_at(b""), Err(MediaError::NotAPicture)));
    assert!(matches!(picture(&file.other(), &limits), Err(MediaError::File(..))));
}
