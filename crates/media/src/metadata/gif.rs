//! GIF: blocks, whose data is in pieces of at most 255 bytes, up to an empty one.

/// How often an animation is repeated. Everything else that programs add is dropped, such as XMP and comments.
const REPETITIONS: [&[u8; 11]; 2] = [b"NETSCAPE2.0", b"ANIMEXTS1.0"];
const IMAGE: u8 = 0x2C;
const EXTENSION: u8 = 0x21;
const END: u8 = 0x3B;
/// Extensions: the delay and transparency of the next image, and those of programs.
const CONTROL: u8 = 0xF9;
const APPLICATION: u8 = 0xFF;

pub(super) fn strip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes;
    let mut stripped = Vec::with_capacity(bytes.len());
    let header = take(&mut rest, 13).filter(|it| it.starts_with(b"GIF8"))?;
    stripped.extend(header);
    stripped.extend(take(&mut rest, colors(header[10]))?);
    let mut images = 0;
    // A file that ends early is shown as far as it goes.
    while let Some(block) = next_block(&mut rest) {
        if block.is_needed {
            stripped.extend(block.header);
            stripped.extend(block.data);
            images += usize::from(block.header[0] == IMAGE);
        }
    }
    stripped.push(END);
    (images > 0).then_some(stripped)
}

struct Block<'a> {
    header: &'a [u8],
    /// In pieces, with the empty one.
    data: &'a [u8],
    is_needed: bool,
}

fn next_block<'a>(rest: &mut &'a [u8]) -> Option<Block<'a>> {
    let start = *rest;
    let (length, is_needed) = match *start.first()? {
        // With its colours, and the size of its codes.
        IMAGE => (10 + colors(*start.get(9)?) + 1, true),
        EXTENSION => match *start.get(1)? {
            CONTROL => (2, true),
            APPLICATION => {
                let name = start.get(3..14)?;
                (2, REPETITIONS.iter().any(|it| *it == name))
            }
            _ => (2, false),
        },
        _ => return None,
    };
    let header = take(rest, length)?;
    let data = pieces(rest)?;
    Some(Block { header, data, is_needed })
}

/// All pieces, up to the empty one.
fn pieces<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let start = *rest;
    loop {
        let length = usize::from(*rest.first()?);
        take(rest, 1 + length)?;
        if length == 0 {
            return Some(&start[..start.len() - rest.len()]);
        }
    }
}

/// The bytes of a table of colours, by the flags that announce it.
fn colors(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}
