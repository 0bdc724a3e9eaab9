//! Files that are made to break what reads them: each has a result or is refused, within bounded memory.

use crate::containers::{Track, boxed, mp4};
use crate::metadata::chunk;
use crate::pictures::{self, FORMATS};
use crate::recordings;
use crate::samples::{OnDisk, Random, all, encoded, red_and_blue};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::ImageFormat;
use meeshy_media::{
    MediaError, PictureLimits, RecordingLimits, SNIFF_BYTES, picture, recording, sniff, strip_metadata,
};
use std::io::Write;

/// What a file may make the process use, besides what its pixels take.
const MAX_MEMORY_KB: u64 = 450_000;

/// All that is done with an upload, whatever it is.
fn upload(bytes: &[u8]) {
    let file = OnDisk::new(bytes);
    assert!(!sniff(&bytes[..bytes.len().min(SNIFF_BYTES)], None, "x").as_str().is_empty());
    let limits = PictureLimits::default();
    let found = picture(&file.path(), &limits);
    if let Err(refused) = &found {
        assert!(!refused.to_string().is_empty());
    }
    let copied = strip_metadata(&file.path(), &file.other(), &limits);
    // Whatever can be copied can be looked at in the same way as before.
    if let (Ok(found), Ok(_)) = (&found, &copied) {
        let again = picture(&file.other(), &limits).expect("a copy of what could be read");
        assert_eq!((again.width, again.height), (found.width, found.height));
    }
    recording(&file.path(), &RecordingLimits::default()).unwrap();
}

/// The most memory that this process has used.
fn peak_memory_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[track_caller]
fn assert_memory() {
    let peak = peak_memory_kb();
    assert!(peak < MAX_MEMORY_KB, "{peak} kB");
}

#[test]
fn files_that_end_early() {
    let mut random = Random(1);
    for (_, bytes) in all() {
        (0..40.min(bytes.len())).for_each(|end| upload(&bytes[..end]));
        (0..24).for_each(|_| upload(&bytes[..random.below(bytes.len())]));
    }
    assert_memory();
}

#[test]
fn files_with_flipped_bits() {
    let mut random = Random(2);
    for (_, bytes) in all() {
        for round in 0..48 {
            let mut bytes = bytes.clone();
            // Headers are where most decisions are made.
            let range = if round % 2 == 0 { bytes.len() } else { bytes.len().min(300) };
            for _ in 0..=random.below(6) {
                bytes[random.below(range)] ^= 1 << random.below(8);
            }
            upload(&bytes);
        }
    }
    assert_memory();
}

#[test]
fn files_with_numbers_as_large_as_possible() {
    let mut random = Random(3);
    for (_, bytes) in all() {
        for _ in 0..48 {
            let mut bytes = bytes.clone();
            let at = random.below(bytes.len().min(600).saturating_sub(4).max(1));
            bytes[at..at + 4].fill(if random.below(2) == 0 { 0xFF } else { 0x7F });
            upload(&bytes);
        }
    }
    assert_memory();
}

#[test]
fn parts_of_files_in_other_files() {
    let mut random = Random(4);
    let files = all();
    for _ in 0..100 {
        let (_, one) = &files[random.below(files.len())];
        let (_, other) = &files[random.below(files.len())];
        upload(&[&one[..random.below(one.len())], &other[random.below(other.len())..]].concat());
    }
    assert_memory();
}

/// The picture with a header that claims another size.
fn claiming(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let mut bytes = encoded(&red_and_blue(40, 30), format);
    let (w, h) = (width as u16, height as u16);
    match format {
        ImageFormat::Jpeg => {
            let frame = bytes.windows(2).position(|two| two == [0xFF, 0xC0]).unwrap();
            bytes[frame + 5..frame + 9].copy_from_slice(&[h.to_be_bytes(), w.to_be_bytes()].concat());
        }
        ImageFormat::Png => {
            let mut header = bytes[16..29].to_vec();
            header[..8].copy_from_slice(&[width.to_be_bytes(), height.to_be_bytes()].concat());
            bytes.splice(8..33, chunk(b"IHDR", &header));
        }
        ImageFormat::WebP => {
            // 14 bits each, after the signature of a lossless picture.
            let sizes = (width - 1) | (height - 1) << 14 | 1 << 28;
            bytes[21..25].copy_from_slice(&sizes.to_le_bytes());
        }
        _ => bytes[6..10].copy_from_slice(&[w.to_le_bytes(), h.to_le_bytes()].concat()),
    }
    bytes
}

#[test]
fn pictures_that_claim_too_many_pixels_are_refused_before_they_are_decoded() {
    for format in FORMATS {
        let side = if format == ImageFormat::WebP { 16_000 } else { 60_000 };
        let bytes = claiming(format, side, side);
        let refused = pictures::look_at(&bytes).unwrap_err();
        assert!(matches!(refused, MediaError::TooManyPixels { .. }), "{format:?}: {refused}");
        upload(&bytes);
    }
    let refused = pictures::look_at(&claiming(ImageFormat::Jpeg, 20_000, 20_000)).unwrap_err();
    assert_eq!(refused.to_string(), "the picture has 400 megapixels; at most 50 are allowed");
    assert!(peak_memory_kb() < 100_000, "{} kB", peak_memory_kb());
}

#[test]
fn pictures_that_just_keep_to_the_limit_take_no_more_memory_than_it_says() {
    // There are no pixels for what they claim.
    for format in FORMATS {
        upload(&claiming(format, 7000, 7000));
        upload(&claiming(format, 6000, 6000));
    }
    // A progressive JPEG is collected as a whole.
    let mut progressive = claiming(ImageFormat::Jpeg, 7000, 7000);
    let frame = progressive.windows(2).position(|two| two == [0xFF, 0xC0]).unwrap();
    progressive[frame + 1] = 0xC2;
    let refused = pictures::look_at(&progressive).unwrap_err();
    assert!(matches!(refused, MediaError::TooMuchMemory { .. }), "{refused}");
    assert_memory();
}

fn zeros(megabytes: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let megabyte = vec![0; 1 << 20];
    (0..megabytes).for_each(|_| encoder.write_all(&megabyte).unwrap());
    encoder.finish().unwrap()
}

#[test]
fn compressed_data_that_inflates_without_end() {
    let small = encoded(&red_and_blue(40, 30), ImageFormat::Png);
    let header = &small[..33];
    let bomb = zeros(600);
    let end = chunk(b"IEND", &[]);
    upload(&[header, &chunk(b"IDAT", &bomb), &end].concat());
    for name in [b"zTXt", b"iCCP"] {
        let bomb = chunk(name, &[&b"name\0\0"[..], &bomb[..]].concat());
        upload(&[header, &bomb, &small[33..]].concat());
    }
    let text = chunk(b"iTXt", &[&b"name\0\x01\0\0\0"[..], &bomb[..]].concat());
    upload(&[header, &text, &small[33..]].concat());
    assert_memory();
}

#[test]
fn metadata_larger_than_the_picture() {
    let jpeg = encoded(&red_and_blue(40, 30), ImageFormat::Jpeg);
    let segment = [&[0xFF, 0xE1, 0xFF, 0xFF][..], b"Exif\0\0", &[0x2A; 65_527]].concat();
    let bytes = [&jpeg[..2], &segment.repeat(300), &jpeg[2..]].concat();
    let file = OnDisk::new(&bytes);
    let stripped = strip_metadata(&file.path(), &file.other(), &PictureLimits::default()).unwrap();
    assert_eq!(stripped.bytes, jpeg.len() as u64);
    assert!(pictures::look_at(&bytes).is_ok());
    let scans = [&jpeg[..jpeg.len() - 2], &[0xFF, 0xDA, 0, 2].repeat(100_000)].concat();
    upload(&scans);
    let comments = [&b"GIF89a\x01\0\x01\0\0\0\0"[..], &b"\x21\xFE\x01a\0".repeat(100_000)].concat();
    upload(&comments);
    assert_memory();
}

#[test]
fn sound_and_film_that_claim_billions_of_samples() {
    for track in [Track::sound(1).claiming(u32::MAX), Track::film(1).claiming(u32::MAX)] {
        upload(&mp4(&[track]));
    }
    // Tables that are as large as the file claims, and boxes within boxes.
    let nested = (0..5000).fold(Vec::new(), |inner, _| boxed(b"moov", &inner));
    upload(&[boxed(b"ftyp", b"isom\0\0\0\0isom"), nested].concat());
    let many = boxed(b"trak", &[]).repeat(50_000);
    upload(&[boxed(b"ftyp", b"isom\0\0\0\0isom"), boxed(b"moov", &many)].concat());
    assert_memory();
}

#[test]
fn lies_about_the_type() {
    let html = b"<!DOCTYPE html><script>alert(1)</script>";
    assert_eq!(sniff(html, Some("image/png"), "x.png").as_str(), "text/html");
    assert!(matches!(pictures::look_at(html), Err(MediaError::NotAPicture)));
    let png = encoded(&red_and_blue(40, 30), ImageFormat::Png);
    assert_eq!(sniff(&png, Some("text/plain"), "x.txt").as_str(), "image/png");
    assert!(pictures::look_at(&png).is_ok());
    // A picture for one program and a script for another: as a picture, it is damaged.
    let polyglot = b"GIF89a/*\0\0\0\0*/=1;alert(1)//;";
    assert_eq!(sniff(polyglot, None, "x.js").as_str(), "image/gif");
    assert!(matches!(pictures::look_at(polyglot), Err(MediaError::Damaged(_))));
    upload(polyglot);
    assert_eq!(recordings::look_at(&png), Default::default());
}
