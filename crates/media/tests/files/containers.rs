//! Sound and film by hand: silence that a decoder accepts, in containers as programs write them.

/// Samples of 16 bits, for all channels in turn.
pub fn wav(rate: u32, channels: u16, samples: &[i16]) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|it| it.to_le_bytes()).collect();
    let mut format = Vec::new();
    format.extend([1, 0]);
    format.extend(channels.to_le_bytes());
    format.extend(rate.to_le_bytes());
    format.extend((rate * u32::from(channels) * 2).to_le_bytes());
    format.extend((channels * 2).to_le_bytes());
    format.extend([16, 0]);
    let chunk = |name: &[u8; 4], body: &[u8]| [&name[..], &(body.len() as u32).to_le_bytes(), body].concat();
    let body = [b"WAVE".to_vec(), chunk(b"fmt ", &format), chunk(b"data", &data)].concat();
    chunk(b"RIFF", &body)
}

/// Frames of 1152 samples, at 44,100 Hz and 128 kbit/s, without a header that counts them.
pub fn mp3(frames: usize) -> Vec<u8> {
    let mut frame = vec![0; 417];
    frame[..4].copy_from_slice(&[0xFF, 0xFB, 0x90, 0x00]);
    frame.repeat(frames)
}

/// AAC: a single channel, no spectrum.
const SILENT_AAC: [u8; 4] = [0, 0, 0, 7];

/// Frames of 1024 samples, at 44,100 Hz, mono.
pub fn adts(frames: usize) -> Vec<u8> {
    let length = 7 + SILENT_AAC.len();
    let header = [0xFF, 0xF1, 0x50, 0x40, (length >> 3) as u8, ((length & 7) << 5) as u8 | 0x1F, 0xFC];
    [&header[..], &SILENT_AAC].concat().repeat(frames)
}

/// A track of an MP4 file whose samples have the same length and duration.
pub struct Track {
    handler: [u8; 4],
    description: Vec<u8>,
    sample: Vec<u8>,
    samples: u32,
    /// How many it says that it has.
    claimed: u32,
    timescale: u32,
    duration: u32,
    size: (u16, u16),
    is_turned: bool,
}

impl Track {
    /// AAC, 44,100 Hz, mono.
    pub fn sound(samples: u32) -> Self {
        let config = [0x05, 2, 0x12, 0x08];
        let decoder = [&[0x04, 13 + config.len() as u8, 0x40, 0x15][..], &[0; 11], &config].concat();
        let stream = [&[0x03, 3 + decoder.len() as u8 + 3, 0, 1, 0][..], &decoder, &[0x06, 1, 2]].concat();
        let mut entry = vec![0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 16, 0, 0, 0, 0];
        entry.extend((44_100_u32 << 16).to_be_bytes());
        entry.extend(full(b"esds", &stream));
        Self {
            handler: *b"soun",
            description: boxed(b"mp4a", &entry),
            sample: SILENT_AAC.to_vec(),
            samples,
            claimed: samples,
            timescale: 44_100,
            duration: 1024,
            size: (0, 0),
            is_turned: false,
        }
    }

    /// H.264, 640 by 360, 25 frames in a second.
    pub fn film(samples: u32) -> Self {
        let mut entry = vec![0, 0, 0, 0, 0, 0, 0, 1];
        entry.extend([0; 16]);
        entry.extend([640_u16.to_be_bytes(), 360_u16.to_be_bytes()].concat());
        entry.extend([0, 0x48, 0, 0, 0, 0x48, 0, 0, 0, 0, 0, 0, 0, 1]);
        entry.extend([0; 32]);
        entry.extend([0, 24, 0xFF, 0xFF]);
        entry.extend(boxed(b"avcC", &[1, 77, 64, 30, 0xFF, 0xE0, 0]));
        Self {
            handler: *b"vide",
            description: boxed(b"avc1", &entry),
            sample: vec![0; 20],
            samples,
            claimed: samples,
            timescale: 25,
            duration: 1,
            size: (640, 360),
            is_turned: false,
        }
    }

    /// As a telephone records it that is held upright.
    pub fn turned(self) -> Self {
        Self { is_turned: true, ..self }
    }

    /// As if it had that many samples.
    pub fn claiming(self, claimed: u32) -> Self {
        Self { claimed, ..self }
    }

    fn boxed(&self, id: u32, offset: u32) -> Vec<u8> {
        let length = self.claimed.wrapping_mul(self.duration);
        let numbers = |numbers: &[u32]| numbers.iter().flat_map(|it| it.to_be_bytes()).collect::<Vec<u8>>();
        let one = 1 << 16;
        let matrix = match self.is_turned {
            true => [0, one, 0, u32::MAX << 16, 0, 0, 0, 0, 1 << 30],
            false => [one, 0, 0, 0, one, 0, 0, 0, 1 << 30],
        };
        let size = [u32::from(self.size.0) << 16, u32::from(self.size.1) << 16];
        let header = [numbers(&[0, 0, id, 0, length, 0, 0, 0, 0]), numbers(&matrix), numbers(&size)].concat();
        let table = [
            full(b"stsd", &[numbers(&[1]), self.description.clone()].concat()),
            full(b"stts", &numbers(&[1, self.claimed, self.duration])),
            full(b"stsc", &numbers(&[1, 1, self.claimed, 1])),
            full(b"stsz", &numbers(&[self.sample.len() as u32, self.claimed])),
            full(b"stco", &numbers(&[1, offset])),
        ]
        .concat();
        let data =
            full(b"dref", &[numbers(&[1]), [0, 0, 0, 12].to_vec(), b"url \0\0\0\x01".to_vec()].concat());
        let kind = if self.handler == *b"soun" { full(b"smhd", &[0; 4]) } else { full(b"vmhd", &[0; 8]) };
        let media = [kind, boxed(b"dinf", &data), boxed(b"stbl", &table)].concat();
        let handler = [&[0; 4][..], &self.handler, &[0; 13]].concat();
        let media = [
            full(b"mdhd", &numbers(&[0, 0, self.timescale, length, 0x55C4_0000])),
            full(b"hdlr", &handler),
            boxed(b"minf", &media),
        ]
        .concat();
        boxed(b"trak", &[full(b"tkhd", &header), boxed(b"mdia", &media)].concat())
    }
}

pub fn mp4(tracks: &[Track]) -> Vec<u8> {
    let kind = boxed(b"ftyp", b"isom\0\0\x02\0isomiso2mp41");
    let film = |offset: u32| {
        let mut at = offset;
        let mut numbers = vec![0, 0, 1000, 0, 1 << 16, 0x0100_0000, 0, 0];
        numbers.extend([1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30, 0, 0, 0, 0, 0, 0, 3]);
        let mut film =
            full(b"mvhd", &numbers.iter().flat_map(|it: &u32| it.to_be_bytes()).collect::<Vec<u8>>());
        for (index, track) in tracks.iter().enumerate() {
            film.extend(track.boxed(index as u32 + 1, at));
            at += track.sample.len() as u32 * track.samples;
        }
        boxed(b"moov", &film)
    };
    let before = kind.len() + film(0).len() + 8;
    let data: Vec<u8> = tracks.iter().flat_map(|it| it.sample.repeat(it.samples as usize)).collect();
    [kind, film(before as u32), boxed(b"mdat", &data)].concat()
}

pub fn boxed(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes()[..], name, body].concat()
}

/// A box with a version and flags.
fn full(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    boxed(name, &[&[0; 4][..], body].concat())
}

/// An element of EBML.
fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
    let length = 0x0100_0000_0000_0000 | body.len() as u64;
    [id, &length.to_be_bytes(), body].concat()
}

/// A track of a Matroska file, and its blocks with the milliseconds at which they are shown.
pub struct Blocks {
    entry: Vec<u8>,
    blocks: Vec<(u16, Vec<u8>)>,
}

const OPUS_HEAD: &[u8] = b"OpusHead\x01\x01\0\0\x80\xBB\0\0\0\0\0";
/// A frame of 20 milliseconds.
const SILENT_OPUS: [u8; 3] = [0xF8, 0xFF, 0xFE];

/// Voice, as browsers record it: without a duration.
pub fn opus_webm(packets: u16) -> Vec<u8> {
    let audio = [element(&[0xB5], &48_000_f64.to_be_bytes()), element(&[0x9F], &[1])].concat();
    let entry = [
        element(&[0xD7], &[1]),
        element(&[0x73, 0xC5], &[1]),
        element(&[0x83], &[2]),
        element(&[0x86], b"A_OPUS"),
        element(&[0x63, 0xA2], OPUS_HEAD),
        element(&[0xE1], &audio),
    ]
    .concat();
    let blocks = (0..packets).map(|it| (it * 20, SILENT_OPUS.to_vec())).collect();
    matroska("webm", &[Blocks { entry, blocks }])
}

/// 320 by 240, 30 frames in a second.
pub fn vp8_track(frames: u16) -> Blocks {
    let size = [element(&[0xB0], &320_u16.to_be_bytes()), element(&[0xBA], &[240])].concat();
    let entry = [
        element(&[0xD7], &[1]),
        element(&[0x73, 0xC5], &[1]),
        element(&[0x83], &[1]),
        element(&[0x86], b"V_VP8"),
        element(&[0xE0], &size),
    ]
    .concat();
    let blocks =
        (0..frames).map(|it| ((f64::from(it) * 1000.0 / 30.0).round() as u16, vec![0; 20])).collect();
    Blocks { entry, blocks }
}

pub fn matroska(kind: &str, tracks: &[Blocks]) -> Vec<u8> {
    let header = [
        element(&[0x42, 0x86], &[1]),
        element(&[0x42, 0xF7], &[1]),
        element(&[0x42, 0xF2], &[4]),
        element(&[0x42, 0xF3], &[8]),
        [&[0x42, 0x82, 0x80 | kind.len() as u8][..], kind.as_bytes()].concat(),
        element(&[0x42, 0x87], &[4]),
        element(&[0x42, 0x85], &[2]),
    ]
    .concat();
    let info = [
        element(&[0x2A, 0xD7, 0xB1], &1_000_000_u32.to_be_bytes()),
        element(&[0x4D, 0x80], b"by hand"),
        element(&[0x57, 0x41], b"by hand"),
    ]
    .concat();
    let entries: Vec<u8> = tracks.iter().flat_map(|it| element(&[0xAE], &it.entry)).collect();
    let mut cluster = element(&[0xE7], &[0]);
    for (number, track) in tracks.iter().enumerate() {
        for (at, data) in &track.blocks {
            let block = [&[0x81 + number as u8][..], &at.to_be_bytes(), &[0x80], data].concat();
            cluster.extend(element(&[0xA3], &block));
        }
    }
    let segment = [
        element(&[0x15, 0x49, 0xA9, 0x66], &info),
        element(&[0x16, 0x54, 0xAE, 0x6B], &entries),
        element(&[0x1F, 0x43, 0xB6, 0x75], &cluster),
    ]
    .concat();
    // A recorder does not know how long the segment will be.
    [element(&[0x1A, 0x45, 0xDF, 0xA3], &header), vec![0x18, 0x53, 0x80, 0x67, 0x01], vec![0xFF; 7], segment]
        .concat()
}

/// Voice: one packet in each page.
pub fn ogg_opus(packets: u32) -> Vec<u8> {
    let tags = [&b"OpusTags"[..], &[7, 0, 0, 0], b"by hand", &[0; 4]].concat();
    let mut file = [ogg_page(0, 0, 2, OPUS_HEAD), ogg_page(1, 0, 0, &tags)].concat();
    for number in 1..=packets {
        let flags = if number == packets { 4 } else { 0 };
        file.extend(ogg_page(number + 1, u64::from(number) * 960, flags, &SILENT_OPUS));
    }
    file
}

fn ogg_page(sequence: u32, position: u64, flags: u8, packet: &[u8]) -> Vec<u8> {
    let mut page = [
        &b"OggS\0"[..],
        &[flags],
        &position.to_le_bytes(),
        &[1, 0, 0, 0],
        &sequence.to_le_bytes(),
        &[0; 4],
        &[1, packet.len() as u8],
        packet,
    ]
    .concat();
    let checksum = page.iter().fold(0_u32, |sum, &byte| {
        (0..8).fold(sum ^ (u32::from(byte) << 24), |sum, _| {
            if sum >> 31 == 1 { (sum << 1) ^ 0x04C1_1DB7 } else { sum << 1 }
        })
    });
    page[22..26].copy_from_slice(&checksum.to_le_bytes());
    page
}
