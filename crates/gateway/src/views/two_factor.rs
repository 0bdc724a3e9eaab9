//! QR codes for authenticators.

use crate::http::error::ApiError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use meeshy_chat::TwoFactorSetup;
use meeshy_wire as wire;
use meeshy_wire::ErrorCode;
use png::{BitDepth, ColorType, Encoder};
use qrcode::{Color, QrCode};

/// The width of a module, in pixels.
const MODULE: usize = 6;
/// The width of the empty margin, in modules (ISO/IEC 18004, 5.3.8).
const MARGIN: usize = 4;

pub fn two_factor_setup(setup: TwoFactorSetup) -> Result<wire::TwoFactorSetup, ApiError> {
    let png = qr_code(&setup.url).ok_or_else(|| {
        ApiError::new(ErrorCode::InternalError, "the QR code could not be made; type the secret instead")
    })?;
    Ok(wire::TwoFactorSetup {
        secret: setup.secret,
        qr_code_data_url: format!("data:image/png;base64,{}", STANDARD.encode(png)),
        otpauth_url: setup.url,
    })
}

/// A QR code as a PNG file with one bit for each pixel.
fn qr_code(text: &str) -> Option<Vec<u8>> {
    let code = QrCode::new(text).ok()?;
    let modules = code.width() + 2 * MARGIN;
    let width = modules * MODULE;
    let is_dark = |x: usize, y: usize| {
        let inner = MARGIN..MARGIN + code.width();
        inner.contains(&x) && inner.contains(&y) && code[(x - MARGIN, y - MARGIN)] == Color::Dark
    };
    let mut pixels = Vec::with_capacity(width * width.div_ceil(8));
    for y in 0..width {
        let mut row = vec![0_u8; width.div_ceil(8)];
        for x in (0..width).filter(|x| !is_dark(x / MODULE, y / MODULE)) {
            row[x / 8] |= 0x80 >> (x % 8);
        }
        pixels.extend(row);
    }
    let mut file = Vec::new();
    let side = u32::try_from(width).ok()?;
    let mut encoder = Encoder::new(&mut file, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    encoder.write_header().ok()?.write_image_data(&pixels).ok()?;
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qr_code_is_a_picture_with_a_white_margin() {
        let file = qr_code("otpauth://totp/Meeshy:lea?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width % 6, info.width), (0, info.height));
        let (line, whole_bytes) = (info.line_size, info.width as usize / 8);
        for row in pixels.chunks(line).take(MARGIN * MODULE) {
            assert!(row[..whole_bytes].iter().all(|byte| *byte == 0xff), "the margin above");
        }
        assert_eq!(pixels[line * MARGIN * MODULE + 3], 0, "the corner of the first finder pattern");
    }
}
