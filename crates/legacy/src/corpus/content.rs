//! The content of files: small, and valid for their types.

use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;

const SIDE: u32 = 8;

/// A small file of this type, different for each attachment.
pub(super) fn content(mime: &str, at: usize) -> Vec<u8> {
    let text = format!("Meeshy {at}");
    match mime {
        "image/png" => png(at),
        "image/jpeg" => jpeg(&text),
        "audio/webm" => [&[0x1A, 0x45, 0xDF, 0xA3, 0x9F][..], b"\x42\x82\x84webm ", text.as_bytes()].concat(),
        "audio/mp4" => [&[0, 0, 0, 0x18][..], b"ftypM4A \0\0\0\0M4A isom", text.as_bytes()].concat(),
        "video/mp4" => [&[0, 0, 0, 0x18][..], b"ftypisom\0\0\0\0isommp42", text.as_bytes()].concat(),
        "application/pdf" => format!("%PDF-1.4\n% {text}\ntrailer<</Root 1 0 R>>\n%%EOF\n").into_bytes(),
        _ => format!("{text}\nDeux lignes.\n").into_bytes(),
    }
}

/// A square of one colour.
fn png(at: usize) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1A\n".to_vec();
    let header = [&SIDE.to_be_bytes()[..], &SIDE.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    chunk(&mut bytes, *b"IHDR", &header);
    let colour = [(at % 256) as u8, (at / 3 % 256) as u8, 128];
    let row = [vec![0], colour.repeat(SIDE as usize)].concat();
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::fast());
    let pixels = pixels.write_all(&row.repeat(SIDE as usize)).and_then(|()| pixels.finish());
    chunk(&mut bytes, *b"IDAT", &pixels.expect("memory takes what is written"));
    chunk(&mut bytes, *b"IEND", &[]);
    bytes
}

fn chunk(png: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) {
    png.extend((content.len() as u32).to_be_bytes());
    let mut sum = flate2::Crc::new();
    for part in [&kind[..], content] {
        sum.update(part);
        png.extend(part);
    }
    png.extend(sum.sum().to_be_bytes());
}

/// The head of a JPEG with a comment: enough for detecting its type.
fn jpeg(text: &str) -> Vec<u8> {
    let mut bytes = b"\xFF\xD8\xFF\xE0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xFF\xFE".to_vec();
    bytes.extend((text.len() as u16 + 2).to_be_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend([0xFF, 0xD9]);
    bytes
}
