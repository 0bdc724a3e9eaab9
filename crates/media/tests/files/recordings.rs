//! Durations, codecs and waveforms.

use crate::containers::{Track, adts, matroska, mp3, mp4, ogg_opus, opus_webm, vp8_track, wav};
use crate::samples::OnDisk;
use meeshy_media::{Film, Recording, RecordingLimits, WAVEFORM_VALUES, recording};
use std::time::Duration;

pub fn look_at(bytes: &[u8]) -> Recording {
    recording(&OnDisk::new(bytes).path(), &RecordingLimits::default()).unwrap()
}

fn sound(bytes: &[u8]) -> (u64, &'static str, u32, u32, bool) {
    let found = look_at(bytes);
    assert_eq!(found.film, None);
    (
        found.duration_ms.unwrap(),
        found.codec.unwrap(),
        found.sample_rate.unwrap(),
        found.channels.unwrap(),
        found.waveform.is_some(),
    )
}

#[test]
fn sound_has_a_duration_a_codec_and_a_waveform() {
    assert_eq!(sound(&wav(8000, 2, &vec![0; 32_000])), (2000, "pcm", 8000, 2, true));
    assert_eq!(sound(&mp3(100)), (2612, "mp3", 44_100, 2, true));
    assert_eq!(sound(&adts(100)), (2322, "aac", 44_100, 1, true));
    assert_eq!(sound(&mp4(&[Track::sound(100)])), (2322, "aac", 44_100, 1, true));
}

#[test]
fn voice_in_opus_has_a_duration_but_no_waveform() {
    // The last of 100 blocks begins there; blocks have no length.
    assert_eq!(sound(&opus_webm(100)), (1980, "opus", 48_000, 1, false));
    assert_eq!(sound(&ogg_opus(100)), (2000, "opus", 48_000, 1, false));
}

#[test]
fn a_waveform_shows_what_is_loud() {
    let mut samples = vec![0_i16; 64_000];
    samples[16_000..32_000].fill(i16::MIN);
    samples[48_000..].fill(16_384);
    let found = look_at(&wav(16_000, 1, &samples));
    let waveform = found.waveform.unwrap();
    assert_eq!(waveform.len(), WAVEFORM_VALUES);
    assert_eq!((waveform[8], waveform[24], waveform[40], waveform[56]), (0, 255, 0, 128));
    assert_eq!(found.bitrate, Some(256_088));
}

#[test]
fn film_has_a_size_and_a_frame_rate() {
    let found = look_at(&mp4(&[Track::film(100), Track::sound(172)]));
    let film = Film { width: Some(640), height: Some(360), fps: Some(25.0), codec: Some("h264") };
    assert_eq!(found.film, Some(film.clone()));
    assert_eq!((found.duration_ms, found.codec, found.waveform), (Some(4000), Some("aac"), None));
    let upright = look_at(&mp4(&[Track::sound(172), Track::film(100).turned()]));
    assert_eq!(upright.film, Some(Film { width: Some(360), height: Some(640), ..film }));
    let webm = look_at(&matroska("webm", &[vp8_track(61)]));
    assert_eq!(
        webm.film,
        Some(Film { width: Some(320), height: Some(240), fps: Some(30.0), codec: Some("vp8") })
    );
    assert!(webm.duration_ms.is_some_and(|it| (1990..=2040).contains(&it)), "{:?}", webm.duration_ms);
}

#[test]
fn what_cannot_be_read_is_missing() {
    for bytes in [&b""[..], b"hello", b"RIFF\xFF\xFF\xFF\xFFWAVE", b"\x1A\x45\xDF\xA3", &[0; 5000]] {
        assert_eq!(look_at(bytes), Recording::default());
    }
    let file = OnDisk::new(b"");
    assert!(recording(&file.other(), &RecordingLimits::default()).is_err());
}

#[test]
fn a_recording_that_ends_early_is_as_long_as_what_is_left() {
    let bytes = mp3(100);
    let found = look_at(&bytes[..bytes.len() / 2]);
    assert!(found.duration_ms.is_some_and(|it| (1250..=1310).contains(&it)), "{:?}", found.duration_ms);
    assert!(found.waveform.is_some());
}

#[test]
fn beyond_the_limits_there_is_no_waveform_but_a_duration() {
    let file = OnDisk::new(&wav(8000, 1, &vec![1000; 80_000]));
    let limits = RecordingLimits::default();
    for limits in [
        RecordingLimits { max_decoded: Duration::from_secs(9), ..limits },
        RecordingLimits { max_time: Duration::ZERO, ..limits },
        RecordingLimits { max_read_bytes: 100_000, ..limits },
    ] {
        let found = recording(&file.path(), &limits).unwrap();
        assert_eq!((found.duration_ms, found.waveform), (Some(10_000), None), "{limits:?}");
    }
    // It is known only after some of it has been decoded.
    let file = OnDisk::new(&adts(400));
    let found =
        recording(&file.path(), &RecordingLimits { max_decoded: Duration::from_secs(3), ..limits }).unwrap();
    assert!(found.duration_ms.is_some_and(|it| it > 9000), "{:?}", found.duration_ms);
    assert_eq!(found.waveform, None);
}
