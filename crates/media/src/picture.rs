//! Pictures: their size, a thumbnail and a blur hash, and copies without metadata.

use crate::error::MediaError;
use crate::guard::unless_it_panics;
use crate::metadata;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::thumbnail;
use image::metadata::Orientation;
use image::{
    DynamicImage, GenericImageView, ImageDecoder, ImageEncoder, ImageError, ImageFormat, ImageReader, Rgb,
    RgbImage,
};
use std::fs::{self, File};
use std::io::{Cursor, Read};
use std::path::Path;

/// The longest side of a thumbnail, in pixels.
pub const THUMBNAIL_SIDE: u32 = 300;
/// The quality of thumbnails, of 100.
const QUALITY: u8 = 80;
/// The longest side of what a blur hash is computed from.
const HASHED_SIDE: u32 = 32;
/// Waves of a blur hash, along the longer and the shorter side.
const WAVES: (u32, u32) = (4, 3);
/// A colour profile up to this size goes into the thumbnail too. Those of cameras have about 500 bytes.
const MAX_PROFILE_BYTES: usize = 4096;

/// What a picture may cost.
#[derive(Clone, Copy, Debug)]
pub struct PictureLimits {
    /// The size of the file. It is read into memory, and so is its copy without metadata.
    pub max_bytes: u64,
    /// Width times height.
    pub max_pixels: u64,
    /// The memory for decoding. With the file, the thumbnail and what the allocator keeps, a picture takes about
    /// twice its file more.
    pub max_memory_bytes: u64,
}

impl Default for PictureLimits {
    /// 50 MB, 50 megapixels, 300 MB. Of progressive JPEG and of WebP, whose decoders need more, 33 and 37
    /// megapixels fit into that.
    fn default() -> Self {
        Self { max_bytes: 50_000_000, max_pixels: 50_000_000, max_memory_bytes: 300_000_000 }
    }
}

/// A picture that can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// In pixels, as it is shown.
    pub width: u32,
    /// In pixels, as it is shown.
    pub height: u32,
    /// A JPEG of at most [`THUMBNAIL_SIDE`], upright and without metadata. What is transparent in the picture is
    /// white.
    pub thumbnail: Vec<u8>,
    /// A few colours, as a text: <https://blurha.sh>.
    pub blur_hash: String,
}

/// A copy without metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stripped {
    /// In pixels, as it is shown.
    pub width: u32,
    /// In pixels, as it is shown.
    pub height: u32,
    /// The size of the copy.
    pub bytes: u64,
    /// How many bytes less it has.
    pub removed_bytes: u64,
}

/// Looks at a picture. Of an animation, this is its first frame.
///
/// Blocks: call it in a [`Pool`](crate::Pool).
///
/// # Errors
/// If the file is no JPEG, PNG, GIF or WebP, is damaged, or exceeds the limits.
pub fn picture(path: &Path, limits: &PictureLimits) -> Result<Picture, MediaError> {
    let (format, bytes) = read(path, limits)?;
    decoded(|| look_at(format, &bytes, limits))
}

/// Copies a picture without its metadata, see [`crate`].
///
/// Blocks: call it in a [`Pool`](crate::Pool). The copy is neither flushed to disk nor moved into place. If this
/// fails, there is no copy.
///
/// # Errors
/// If the file is no JPEG, PNG, GIF or WebP, is damaged, exceeds the limits, or the copy cannot be written.
pub fn strip_metadata(source: &Path, target: &Path, limits: &PictureLimits) -> Result<Stripped, MediaError> {
    let (format, bytes) = read(source, limits)?;
    let (width, height) = decoded(|| shown_size(format, &bytes, limits))?;
    let stripped = decoded(|| metadata::strip(format, &bytes))?;
    if let Err(error) = fs::write(target, &stripped) {
        // Nothing else can be done if this fails too.
        let _ = fs::remove_file(target);
        return Err(MediaError::File("write the picture", error));
    }
    let (before, after) = (bytes.len() as u64, stripped.len() as u64);
    Ok(Stripped { width, height, bytes: after, removed_bytes: before.saturating_sub(after) })
}

fn decoded<T>(work: impl FnOnce() -> Result<T, MediaError>) -> Result<T, MediaError> {
    unless_it_panics(work).unwrap_or_else(|| Err(MediaError::Damaged("it cannot be decoded".to_owned())))
}

fn read(path: &Path, limits: &PictureLimits) -> Result<(ImageFormat, Vec<u8>), MediaError> {
    let unreadable = |error| MediaError::File("read the picture", error);
    let file = File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    if bytes > limits.max_bytes {
        return Err(MediaError::TooLarge { bytes, allowed: limits.max_bytes });
    }
    let mut content = Vec::new();
    file.take(limits.max_bytes).read_to_end(&mut content).map_err(unreadable)?;
    match image::guess_format(&content) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::Gif | ImageFormat::WebP)) => {
            Ok((format, content))
        }
        _ => Err(MediaError::NotAPicture),
    }
}

fn damaged(error: ImageError) -> MediaError {
    MediaError::Damaged(error.to_string())
}

fn decoder<'a>(
    format: ImageFormat,
    bytes: &'a [u8],
    limits: &PictureLimits,
) -> Result<impl ImageDecoder + 'a, MediaError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut bounds = image::Limits::default();
    bounds.max_alloc = Some(limits.max_memory_bytes);
    reader.limits(bounds);
    reader.into_decoder().map_err(damaged)
}

/// Width and height of an upright picture, from its head.
fn shown_size(format: ImageFormat, bytes: &[u8], limits: &PictureLimits) -> Result<(u32, u32), MediaError> {
    let (width, height) = decoder(format, bytes, limits)?.dimensions();
    let is_turned = is_turned(metadata::orientation(format, bytes));
    Ok(if is_turned { (height, width) } else { (width, height) })
}

fn look_at(format: ImageFormat, bytes: &[u8], limits: &PictureLimits) -> Result<Picture, MediaError> {
    let mut decoder = decoder(format, bytes, limits)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(MediaError::Damaged("it has no pixels".to_owned()));
    }
    if pixels > limits.max_pixels {
        return Err(MediaError::TooManyPixels { pixels, allowed: limits.max_pixels });
    }
    let memory = decoder.total_bytes().saturating_add(pixels * working_bytes_per_pixel(format, bytes));
    if memory > limits.max_memory_bytes {
        return Err(MediaError::TooMuchMemory { bytes: memory, allowed: limits.max_memory_bytes });
    }
    let profile = decoder.icc_profile().ok().flatten().filter(|it| is_for_thumbnail(it));
    let picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    let orientation = metadata::orientation(format, bytes);
    let small = upright(reduced(&OnWhite(&picture), THUMBNAIL_SIDE), orientation);
    drop(picture);
    let (width, height) = if is_turned(orientation) { (height, width) } else { (width, height) };
    let blur_hash = blur_hash(&small)?;
    Ok(Picture { width, height, thumbnail: jpeg(&small, profile).map_err(damaged)?, blur_hash })
}

/// What a decoder needs besides the picture that it returns.
fn working_bytes_per_pixel(format: ImageFormat, bytes: &[u8]) -> u64 {
    match format {
        ImageFormat::Jpeg => metadata::jpeg::collected_bytes_per_pixel(bytes),
        ImageFormat::WebP => 4,
        _ => 0,
    }
}

/// Profiles for other colours than RGB do not fit a thumbnail.
fn is_for_thumbnail(profile: &[u8]) -> bool {
    profile.len() <= MAX_PROFILE_BYTES && profile.get(16..20) == Some(b"RGB ")
}

/// A picture in front of white.
struct OnWhite<'a>(&'a DynamicImage);

impl GenericImageView for OnWhite<'_> {
    type Pixel = Rgb<u8>;

    fn dimensions(&self) -> (u32, u32) {
        self.0.dimensions()
    }

    fn get_pixel(&self, x: u32, y: u32) -> Rgb<u8> {
        let [colors @ .., alpha] = self.0.get_pixel(x, y).0.map(u16::from);
        // At most 255 again.
        Rgb(colors.map(|color| ((color * alpha + 255 * (255 - alpha)) / 255) as u8))
    }
}

/// The picture, no side longer than `side`.
fn reduced(picture: &impl GenericImageView<Pixel = Rgb<u8>>, side: u32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let longest = width.max(height).max(1);
    let reduce = |length: u32| {
        let reduced = u64::from(length) * u64::from(side.min(longest)) / u64::from(longest);
        u32::try_from(reduced).unwrap_or(side).max(1)
    };
    thumbnail(picture, reduce(width), reduce(height))
}

fn upright(picture: RgbImage, orientation: Orientation) -> RgbImage {
    let mut picture = DynamicImage::ImageRgb8(picture);
    picture.apply_orientation(orientation);
    picture.into_rgb8()
}

fn is_turned(orientation: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH)
}

fn blur_hash(picture: &RgbImage) -> Result<String, MediaError> {
    let tiny = DynamicImage::ImageRgb8(reduced(picture, HASHED_SIDE)).into_rgba8();
    let (width, height) = tiny.dimensions();
    let (x, y) = if width >= height { WAVES } else { (WAVES.1, WAVES.0) };
    blurhash::encode(x, y, width, height, &tiny).map_err(|error| MediaError::Damaged(error.to_string()))
}

fn jpeg(picture: &RgbImage, profile: Option<Vec<u8>>) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile).map_err(ImageError::Unsupported)?;
    }
    encoder.encode_image(picture)?;
    Ok(bytes)
}
