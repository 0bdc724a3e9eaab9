//! Recordings: duration, codecs and waveform of sound, size and frame rate of film.
//!
//! What a container does not say, or what cannot be read within the limits, is missing; nothing here fails
//! because of what is in a file. Sound in Opus has a duration, but no waveform, because there is no decoder for
//! it; film is never decoded.

mod rotation;
mod source;
mod waveform;

pub use waveform::WAVEFORM_VALUES;

use crate::error::MediaError;
use crate::guard::unless_it_panics;
use source::{Allowance, Source};
use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};
use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{
    AudioCodecParameters, AudioDecoder, AudioDecoderOptions, well_known as audio,
};
use symphonia::core::codecs::video::{VideoCodecParameters, well_known as video};
use symphonia::core::common::Limit;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known::FORMAT_ID_ISOMP4;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use waveform::Waveform;

/// Sound with more channels is not decoded: the memory that a decoder needs depends on them.
const MAX_CHANNELS: usize = 8;
/// How many packets are read. Some containers can announce billions of empty ones.
const MAX_PACKETS: usize = 1_000_000;
/// The frame rate is measured over so many frames.
const MEASURED_FRAMES: u64 = 300;
/// Pictures and texts in the tags of a recording are not used.
const MAX_TAG_BYTES: usize = 64 * 1024;

/// What a recording may cost.
#[derive(Clone, Copy, Debug)]
pub struct RecordingLimits {
    /// Longer sound is not decoded, and has no waveform.
    pub max_decoded: Duration,
    /// The time to read and decode.
    pub max_time: Duration,
    /// The bytes to read for what precedes the sound or film. They are kept in memory, as tables.
    pub max_header_bytes: u64,
    /// The bytes to read after that. A fragmented film has further tables among them.
    pub max_read_bytes: u64,
}

impl Default for RecordingLimits {
    /// 30 minutes, within 30 seconds; 64 MB and 256 MB.
    fn default() -> Self {
        Self {
            max_decoded: Duration::from_secs(30 * 60),
            max_time: Duration::from_secs(30),
            max_header_bytes: 64_000_000,
            max_read_bytes: 256_000_000,
        }
    }
}

/// Sound, or a film with or without it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// How long it is.
    pub duration_ms: Option<u64>,
    /// Bits per second, of everything in the file.
    pub bitrate: Option<u64>,
    /// The codec of the sound, such as `opus`.
    pub codec: Option<&'static str>,
    /// Samples per second.
    pub sample_rate: Option<u32>,
    /// 1 is mono.
    pub channels: Option<u32>,
    /// [`WAVEFORM_VALUES`] peaks of the sound, 255 being as loud as possible. A film has none.
    pub waveform: Option<Vec<u8>>,
    /// What is shown, if it is a film.
    pub film: Option<Film>,
}

/// The pictures of a film.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Film {
    /// In pixels, as it is shown.
    pub width: Option<u32>,
    /// In pixels, as it is shown.
    pub height: Option<u32>,
    /// Frames per second, measured over the first seconds.
    pub fps: Option<f64>,
    /// The codec, such as `h264`.
    pub codec: Option<&'static str>,
}

/// Looks at sound or film: MP3, AAC, MP4 and QuickTime, WebM and Matroska, Ogg, WAV, FLAC.
///
/// Blocks: call it in a [`Pool`](crate::Pool).
///
/// # Errors
/// Only if the file cannot be opened. Of a file that cannot be understood, everything is missing.
pub fn recording(path: &Path, limits: &RecordingLimits) -> Result<Recording, MediaError> {
    let unreadable = |error| MediaError::File("read the recording", error);
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    Ok(unless_it_panics(|| look_at(file, length, limits)).flatten().unwrap_or_default())
}

fn look_at(file: File, length: u64, limits: &RecordingLimits) -> Option<Recording> {
    let deadline = Instant::now() + limits.max_time;
    let mut second = file.try_clone().ok()?;
    let allowance = Allowance::new(limits.max_header_bytes);
    let source = Source { file, length, allowance: allowance.clone() };
    let metadata = MetadataOptions::default()
        .limit_tag_bytes(Limit::Maximum(MAX_TAG_BYTES))
        .limit_visual_bytes(Limit::Maximum(MAX_TAG_BYTES));
    let stream = MediaSourceStream::new(Box::new(source), Default::default());
    let probe = symphonia::default::get_probe();
    let mut reader = probe.probe(&Hint::new(), stream, FormatOptions::default(), metadata).ok()?;
    allowance.set(limits.max_read_bytes);

    let mut recording = Recording { duration_ms: announced_duration(&*reader), ..Recording::default() };
    let sound =
        reader.default_track(TrackType::Audio).and_then(|track| Some((track.id, sound_of(track)?.clone())));
    let film =
        reader.default_track(TrackType::Video).and_then(|track| Some((track.id, film_of(track)?.clone())));
    let decoder =
        sound.as_ref().filter(|_| film.is_none()).and_then(|(id, params)| Some((*id, decoder(params)?)));
    let is_too_long = recording.duration_ms.is_some_and(|it| u128::from(it) > limits.max_decoded.as_millis());
    let mut walk = Walk {
        decoder: decoder.filter(|_| !is_too_long),
        film: film.as_ref().map(|(id, _)| *id),
        is_duration_known: recording.duration_ms.is_some(),
        ..Walk::default()
    };
    walk.run(&mut *reader, limits, &allowance, deadline);

    if walk.is_at_end || recording.duration_ms.is_none() {
        recording.duration_ms = walk.end_ms.filter(|it| *it > 0).or(recording.duration_ms);
    }
    recording.bitrate = recording.duration_ms.and_then(|ms| length.saturating_mul(8000).checked_div(ms));
    recording.waveform = walk.waveform.as_ref().and_then(Waveform::values);
    if let Some((_, params)) = sound {
        let (channels, rate) = (params.channels.as_ref().map(Channels::count), params.sample_rate);
        let (channels, rate) =
            walk.decoded_as.map_or((channels, rate), |(channels, rate)| (Some(channels), Some(rate)));
        recording.codec = sound_codec(&params);
        recording.sample_rate = rate.filter(|it| *it > 0);
        recording.channels = channels.and_then(|it| u32::try_from(it).ok()).filter(|it| *it > 0);
    }
    recording.film = film.map(|(_, params)| {
        let is_turned =
            reader.format_info().format == FORMAT_ID_ISOMP4 && rotation::is_turned(&mut second, length);
        let side = |it: Option<u16>| it.map(u32::from).filter(|it| *it > 0);
        let (width, height) = (side(params.width), side(params.height));
        let (width, height) = if is_turned { (height, width) } else { (width, height) };
        Film { width, height, fps: walk.frames.per_second(), codec: film_codec(&params) }
    });
    Some(recording)
}

/// What the container says, of the longest track.
fn announced_duration(reader: &dyn FormatReader) -> Option<u64> {
    let media = reader.media_info();
    let tracks = reader.tracks().iter().map(|it| (it.time_base, it.duration));
    let durations = tracks.chain([(media.time_base, media.duration)]);
    // Fragmented films have the largest number instead of a duration.
    let known = durations.filter(|(_, duration)| duration.is_some_and(|it| it.get() != u64::MAX));
    let milliseconds = known.filter_map(|(base, duration)| base?.calc_duration(duration?));
    milliseconds.filter_map(|it| u64::try_from(it.as_millis()).ok()).filter(|it| *it > 0).max()
}

fn sound_of(track: &Track) -> Option<&AudioCodecParameters> {
    match &track.codec_params {
        Some(CodecParameters::Audio(params)) => Some(params),
        _ => None,
    }
}

fn film_of(track: &Track) -> Option<&VideoCodecParameters> {
    match &track.codec_params {
        Some(CodecParameters::Video(params)) => Some(params),
        _ => None,
    }
}

fn decoder(params: &AudioCodecParameters) -> Option<Box<dyn AudioDecoder>> {
    if params.channels.as_ref().is_some_and(|it| it.count() > MAX_CHANNELS) {
        return None;
    }
    symphonia::default::get_codecs().make_audio_decoder(params, &AudioDecoderOptions::default()).ok()
}

/// What is learned from the packets of a recording.
#[derive(Default)]
struct Walk {
    /// Decodes a track of sound.
    decoder: Option<(u32, Box<dyn AudioDecoder>)>,
    /// The track of film.
    film: Option<u32>,
    is_duration_known: bool,
    is_at_end: bool,
    end_ms: Option<u64>,
    waveform: Option<Waveform>,
    /// Channels and samples per second.
    decoded_as: Option<(usize, u32)>,
    frames: Frames,
}

impl Walk {
    fn run(
        &mut self,
        reader: &mut dyn FormatReader,
        limits: &RecordingLimits,
        allowance: &Allowance,
        deadline: Instant,
    ) {
        let mut samples = Vec::new();
        let mut is_cut = false;
        for number in 0.. {
            if self.is_complete() {
                break;
            }
            is_cut = number == MAX_PACKETS || Instant::now() > deadline;
            if is_cut {
                break;
            }
            match reader.next_packet() {
                Ok(Some(packet)) => self.packet(&packet, reader, limits, &mut samples),
                Ok(None) => {
                    self.is_at_end = true;
                    break;
                }
                // A file that ends early, or is damaged from here on: what was read of it counts.
                Err(_) => {
                    is_cut = allowance.is_used_up();
                    break;
                }
            }
        }
        // Part of a waveform would look like that of the whole.
        if is_cut {
            self.waveform = None;
        }
    }

    /// Whether further packets would say nothing new.
    fn is_complete(&self) -> bool {
        let is_measured = self.film.is_none() || self.frames.count >= MEASURED_FRAMES;
        self.is_duration_known && self.decoder.is_none() && is_measured
    }

    fn packet(
        &mut self,
        packet: &Packet,
        reader: &dyn FormatReader,
        limits: &RecordingLimits,
        samples: &mut Vec<f32>,
    ) {
        let Some(track) = reader.tracks().iter().find(|it| it.id == packet.track_id) else { return };
        let time = |ts| track.time_base.and_then(|base| base.calc_time(ts)).map(|it| it.as_secs_f64());
        let end = packet.pts.saturating_add(packet.dur);
        if let Some(end) = time(end).filter(|it| *it > 0.0) {
            // Saturates.
            self.end_ms = self.end_ms.max(Some((end * 1000.0).round() as u64));
        }
        if self.film == Some(packet.track_id)
            && let Some(start) = time(packet.pts)
        {
            self.frames.add(start);
        }
        if self.end_ms.is_some_and(|it| u128::from(it) > limits.max_decoded.as_millis()) {
            (self.decoder, self.waveform) = (None, None);
        }
        if let Some((id, decoder)) = &mut self.decoder
            && *id == packet.track_id
            // What is damaged is skipped, as players do.
            && let Ok(sound) = decoder.decode(packet)
        {
            let (channels, rate) = (sound.spec().channels().count(), sound.spec().rate());
            sound.copy_to_vec_interleaved(samples);
            self.waveform.get_or_insert_default().add(samples, channels, rate);
            self.decoded_as = Some((channels, rate));
        }
    }
}

/// Measures a frame rate.
#[derive(Default)]
struct Frames {
    count: u64,
    first: f64,
    last: f64,
}

impl Frames {
    /// A frame that is shown at so many seconds. Frames do not come in the order in which they are shown.
    fn add(&mut self, at: f64) {
        if self.count == 0 {
            (self.first, self.last) = (at, at);
        }
        self.count += 1;
        self.first = self.first.min(at);
        self.last = self.last.max(at);
    }

    fn per_second(&self) -> Option<f64> {
        let seconds = self.last - self.first;
        let rate = (self.count.saturating_sub(1) as f64 / seconds * 100.0).round() / 100.0;
        (seconds > 0.0 && rate > 0.0 && rate <= 1000.0).then_some(rate)
    }
}

fn sound_codec(params: &AudioCodecParameters) -> Option<&'static str> {
    // Uncompressed sound has numbers of its own.
    let is_pcm = (audio::CODEC_ID_PCM_S32LE..=audio::CODEC_ID_PCM_MULAW).contains(&params.codec);
    Some(match params.codec {
        _ if is_pcm => "pcm",
        audio::CODEC_ID_AAC => "aac",
        audio::CODEC_ID_MP3 => "mp3",
        audio::CODEC_ID_OPUS => "opus",
        audio::CODEC_ID_VORBIS => "vorbis",
        audio::CODEC_ID_FLAC => "flac",
        audio::CODEC_ID_ALAC => "alac",
        audio::CODEC_ID_AC3 => "ac3",
        audio::CODEC_ID_EAC3 => "eac3",
        audio::CODEC_ID_MP2 => "mp2",
        _ => return None,
    })
}

fn film_codec(params: &VideoCodecParameters) -> Option<&'static str> {
    Some(match params.codec {
        video::CODEC_ID_H264 => "h264",
        video::CODEC_ID_HEVC => "hevc",
        video::CODEC_ID_VP8 => "vp8",
        video::CODEC_ID_VP9 => "vp9",
        video::CODEC_ID_AV1 => "av1",
        video::CODEC_ID_THEORA => "theora",
        video::CODEC_ID_MPEG4 => "mpeg4",
        video::CODEC_ID_MJPEG => "mjpeg",
        video::CODEC_ID_H263 => "h263",
        _ => return None,
    })
}
