//! Files for the tests, made by encoders or by hand.

use crate::containers::{Track, adts, matroska, mp3, mp4, ogg_opus, opus_webm, vp8_track, wav};
use image::{DynamicImage, GrayAlphaImage, ImageFormat, LumaA, Rgba, RgbaImage};
use std::io::Cursor;
use std::path::PathBuf;
use tempfile::TempDir;

/// Left red, right blue; the last row is transparent.
pub fn red_and_blue(width: u32, height: u32) -> DynamicImage {
    let color = |x, y| match (x < width / 2, y + 1 == height) {
        (_, true) => Rgba([0, 0, 0, 0]),
        (true, _) => Rgba([255, 0, 0, 255]),
        (false, _) => Rgba([0, 0, 255, 255]),
    };
    DynamicImage::ImageRgba8(RgbaImage::from_fn(width, height, color))
}

pub fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = match format {
        ImageFormat::Jpeg => &DynamicImage::ImageRgb8(picture.to_rgb8()),
        ImageFormat::Gif | ImageFormat::WebP => &DynamicImage::ImageRgba8(picture.to_rgba8()),
        _ => picture,
    };
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub fn gray_16_bit() -> DynamicImage {
    let gray = GrayAlphaImage::from_pixel(9, 9, LumaA([100, 128]));
    DynamicImage::ImageLumaA16(DynamicImage::ImageLumaA8(gray).into_luma_alpha16())
}

/// One of each kind, with the content type that it has.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    let picture = red_and_blue(40, 30);
    vec![
        ("image/jpeg", encoded(&picture, ImageFormat::Jpeg)),
        ("image/png", encoded(&picture, ImageFormat::Png)),
        ("image/png", encoded(&gray_16_bit(), ImageFormat::Png)),
        ("image/gif", encoded(&picture, ImageFormat::Gif)),
        ("image/webp", encoded(&picture, ImageFormat::WebP)),
        ("audio/wav", wav(8000, 2, &vec![9000; 32_000])),
        ("audio/mpeg", mp3(40)),
        ("audio/aac", adts(40)),
        ("audio/mp4", mp4(&[Track::sound(40)])),
        ("video/mp4", mp4(&[Track::film(40), Track::sound(40)])),
        ("audio/webm", opus_webm(40)),
        ("video/webm", matroska("webm", &[vp8_track(40)])),
        ("audio/ogg", ogg_opus(40)),
    ]
}

/// A folder with a file.
pub struct OnDisk {
    folder: TempDir,
}

impl OnDisk {
    pub fn new(bytes: &[u8]) -> Self {
        let on_disk = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(on_disk.path(), bytes).unwrap();
        on_disk
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("file")
    }

    /// Where another file can be.
    pub fn other(&self) -> PathBuf {
        self.folder.path().join("other")
    }
}

/// A reproducible sequence of numbers.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}
