//! Copies of pictures without metadata.

use crate::pictures::FORMATS;
use crate::samples::{OnDisk, encoded, red_and_blue};
use crc::{CRC_32_ISO_HDLC, Crc};
use image::codecs::gif::GifDecoder;
use image::metadata::Orientation;
use image::{AnimationDecoder, DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use meeshy_media::{MediaError, PictureLimits, Stripped, strip_metadata};
use std::io::Cursor;

/// What must not be in a copy.
const SECRET: &str = "52.5200 N 13.4050 E";

/// An Exif block with an orientation and a secret.
fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x02\0".to_vec();
    exif.extend([0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    exif.extend([0x0E, 1, 2, 0, SECRET.len() as u8, 0, 0, 0, 38, 0, 0, 0]);
    exif.extend([0; 4]);
    exif.extend(SECRET.as_bytes());
    exif
}

/// The picture with an Exif block.
pub fn with_orientation(format: ImageFormat, bytes: &[u8], orientation: u8) -> Vec<u8> {
    let exif = exif(orientation);
    match format {
        ImageFormat::Jpeg => {
            [&bytes[..2], &segment(0xE1, &[&b"Exif\0\0"[..], &exif[..]].concat()), &bytes[2..]].concat()
        }
        ImageFormat::Png => [&bytes[..33], &chunk(b"eXIf", &exif), &bytes[33..]].concat(),
        ImageFormat::WebP => extended_webp(bytes, 0x08, &[riff(b"EXIF", &exif)].concat()),
        _ => bytes.to_vec(),
    }
}

fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    [&[0xFF, marker][..], &(payload.len() as u16 + 2).to_be_bytes(), payload].concat()
}

pub fn chunk(name: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let named = [&name[..], payload].concat();
    let checksum = Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(&named);
    [&(payload.len() as u32).to_be_bytes()[..], &named, &checksum.to_be_bytes()].concat()
}

fn riff(name: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let padding = &[0][..payload.len() % 2];
    [&name[..], &(payload.len() as u32).to_le_bytes(), payload, padding].concat()
}

/// A simple WebP in the extended format, with more chunks after the picture. The encoder writes a picture with
/// transparency.
fn extended_webp(bytes: &[u8], flags: u8, more: &[u8]) -> Vec<u8> {
    let picture = image::load_from_memory(bytes).unwrap();
    let side = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
    let announced = [vec![flags | 0x10, 0, 0, 0], side(picture.width()), side(picture.height())].concat();
    let body = [&b"WEBP"[..], &riff(b"VP8X", &announced), &bytes[12..], more].concat();
    riff(b"RIFF", &body)
}

/// The picture with all kinds of metadata, each of which contains the secret, and with something behind it.
fn with_everything(format: ImageFormat, bytes: &[u8]) -> Vec<u8> {
    let secret = SECRET.as_bytes();
    let exif = exif(6);
    let with_metadata = match format {
        ImageFormat::Jpeg => {
            let thumbnail = [&b"JFIF\0\x01\x02\0\0\x01\0\x01\x01\x06"[..], &secret[..18]].concat();
            let metadata = [
                segment(0xE0, &thumbnail),
                segment(0xE0, &[&b"JFXX\0\x10"[..], secret].concat()),
                segment(0xE1, &[&b"Exif\0\0"[..], &exif[..]].concat()),
                segment(0xE1, &[&b"http://ns.adobe.com/xap/1.0/\0"[..], secret].concat()),
                segment(0xE2, &[&b"ICC_PROFILE\0\x01\x01"[..], &b"a colour profile"[..]].concat()),
                segment(0xE2, &[&b"MPF\0"[..], secret].concat()),
                segment(0xED, &[&b"Photoshop 3.0\0"[..], secret].concat()),
                segment(0xEB, secret),
                segment(0xFE, secret),
            ];
            [&bytes[..2], &metadata.concat(), &bytes[2..]].concat()
        }
        ImageFormat::Png => {
            let before = [
                chunk(b"eXIf", &exif),
                chunk(b"gAMA", &45_455_u32.to_be_bytes()),
                chunk(b"tEXt", &[&b"Comment\0"[..], secret].concat()),
                chunk(b"iTXt", &[&b"XML:com.adobe.xmp\0\0\0\0\0"[..], secret].concat()),
                chunk(b"prVt", secret),
            ];
            let (rest, end) = bytes[33..].split_at(bytes.len() - 33 - 12);
            [&bytes[..33], &before.concat(), rest, &chunk(b"zTXt", secret), end].concat()
        }
        ImageFormat::WebP => {
            let more = [riff(b"EXIF", &exif), riff(b"XMP ", secret), riff(b"anon", secret)];
            extended_webp(bytes, 0x0C, &more.concat())
        }
        _ => {
            let pieces = [&[secret.len() as u8][..], secret, &[0]].concat();
            let comment = [&[0x21, 0xFE][..], &pieces].concat();
            let xmp = [&b"\x21\xFF\x0BXMP DataXMP"[..], &pieces].concat();
            let text = [&b"\x21\x01\x0C\0\0\0\0\0\0\0\0\0\0\0\0"[..], &pieces].concat();
            let repetitions = b"\x21\xFF\x0BNETSCAPE2.0\x03\x01\0\0\0";
            // Without a table of colours of its own, or with one: behind either.
            let at = 13 + if bytes[10] & 0x80 == 0 { 0 } else { 3 << ((bytes[10] & 7) + 1) };
            [&bytes[..at], repetitions, &comment, &xmp, &text, &bytes[at..]].concat()
        }
    };
    [&with_metadata[..], b"<script>", secret].concat()
}

fn stripped(bytes: &[u8]) -> (Stripped, Vec<u8>) {
    let file = OnDisk::new(bytes);
    let stripped = strip_metadata(&file.path(), &file.other(), &PictureLimits::default()).unwrap();
    (stripped, std::fs::read(file.other()).unwrap())
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn decoded(format: ImageFormat, bytes: &[u8]) -> (DynamicImage, Orientation) {
    let mut decoder = ImageReader::with_format(Cursor::new(bytes), format).into_decoder().unwrap();
    let orientation = decoder.orientation().unwrap();
    (DynamicImage::from_decoder(decoder).unwrap(), orientation)
}

#[test]
fn a_copy_has_the_same_pixels_and_orientation_and_nothing_else() {
    for format in FORMATS {
        let plain = encoded(&red_and_blue(40, 30), format);
        let bytes = with_everything(format, &plain);
        let (before, turned) = decoded(format, &bytes);
        assert!(contains(&bytes, SECRET.as_bytes()));
        let (report, copy) = stripped(&bytes);
        let is_upright = format == ImageFormat::Gif;
        assert_eq!(turned == Orientation::NoTransforms, is_upright, "{format:?}");
        let (width, height) = if is_upright { (40, 30) } else { (30, 40) };
        let of_copy = |removed_bytes| Stripped { width, height, bytes: copy.len() as u64, removed_bytes };
        assert_eq!(report, of_copy((bytes.len() - copy.len()) as u64), "{format:?}");
        for left in
            [&SECRET.as_bytes()[..10], b"script", b"xap", b"Photoshop", b"XMP", b"anon", b"prVt", b"JFXX"]
        {
            assert!(!contains(&copy, left), "{format:?} still contains {}", left.escape_ascii());
        }
        assert_eq!(decoded(format, &copy), (before, turned), "{format:?}");
        let kept: &[u8] = match format {
            ImageFormat::Jpeg => b"a colour profile",
            ImageFormat::Png => b"gAMA",
            ImageFormat::WebP => b"VP8X",
            _ => b"NETSCAPE2.0",
        };
        assert!(contains(&copy, kept), "{format:?}");
        // There is nothing left to remove.
        assert_eq!(stripped(&copy), (of_copy(0), copy.clone()), "{format:?}");
    }
}

#[test]
fn an_upright_picture_without_metadata_stays_as_it_is() {
    for format in FORMATS {
        let plain = encoded(&red_and_blue(40, 30), format);
        assert_eq!(stripped(&plain).1, plain, "{format:?}");
        let upright = stripped(&with_orientation(format, &plain, 1)).1;
        assert!(!contains(&upright, b"Exif") && !contains(&upright, b"eXIf"), "{format:?}");
    }
}

#[test]
fn all_frames_of_an_animation_are_kept() {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    encoder.set_repeat(image::codecs::gif::Repeat::Infinite).unwrap();
    for shade in [0, 100, 200] {
        let frame = image::RgbaImage::from_pixel(20, 20, image::Rgba([shade, 0, 0, 255]));
        encoder.encode_frame(image::Frame::new(frame)).unwrap();
    }
    drop(encoder);
    let frames = |bytes: &[u8]| {
        let frames = GifDecoder::new(Cursor::new(bytes.to_vec())).unwrap().into_frames();
        frames.map(|frame| frame.unwrap().into_buffer()).collect::<Vec<_>>()
    };
    let (_, copy) = stripped(&with_everything(ImageFormat::Gif, &bytes));
    assert_eq!(frames(&copy), frames(&bytes));
    assert_eq!(frames(&copy).len(), 3);
}

#[test]
fn nothing_is_left_of_a_copy_that_fails() {
    let limits = PictureLimits::default();
    let text = OnDisk::new(b"not a picture");
    assert!(matches!(strip_metadata(&text.path(), &text.other(), &limits), Err(MediaError::NotAPicture)));
    let png = encoded(&red_and_blue(40, 30), ImageFormat::Png);
    let cut = OnDisk::new(&png[..png.len() / 2]);
    let refused = strip_metadata(&cut.path(), &cut.other(), &limits).unwrap_err().to_string();
    assert_eq!(refused, "the picture is damaged: it ends too early");
    assert!(!text.other().exists() && !cut.other().exists());
    let whole = OnDisk::new(&png);
    let nowhere = whole.path().join("x");
    assert!(matches!(strip_metadata(&whole.path(), &nowhere, &limits), Err(MediaError::File(..))));
}
