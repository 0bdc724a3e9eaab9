//! The seven categories, with the names and defaults of the old system.
#![expect(missing_docs, reason = "the fields are named after their meaning")]

use super::values::{Line, Link, List, Speed, TimeOfDay, Whole};
use super::{Category, Consent, Hides};
use crate::named::named;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares a category: its fields, each with its type and default. The body after it is that of its [`Category`].
macro_rules! category {
    (
        $(#[$doc:meta])*
        $name:ident, $column:literal {
            $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr,)*
        }
        $($rules:item)*
    ) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase", default)]
        $(#[$doc])*
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl Category for $name {
            const NAME: &'static str = $column;
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];

            $($rules)*
        }
    };
}

/// Declares choices: the values of fields of the same meaning.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),* })*) => {
        $(named!(
            $(#[$doc])*
            $name, "choice" {
                $(#[doc = concat!("`", $text, "`.")] $variant = $text),*
            }
        );)*
    };
}

choices! {
    /// When new conversations are encrypted.
    Encryption { Disabled = "disabled", Optional = "optional", Always = "always" }
    /// Where recordings are transcribed.
    TranscriptionSource { Auto = "auto", Mobile = "mobile", Server = "server" }
    /// The format of translated recordings.
    AudioFormat { Mp3 = "mp3", Wav = "wav", Ogg = "ogg" }
    /// The quality of recordings.
    AudioQuality { Low = "low", Medium = "medium", High = "high", Lossless = "lossless" }
    /// The quality of an imitated voice.
    CloneQuality { Fast = "fast", Balanced = "balanced", Quality = "quality" }
    /// The skin tone of emoji.
    SkinTone {
        Default = "default", Light = "light", MediumLight = "medium-light", Medium = "medium",
        MediumDark = "medium-dark", Dark = "dark"
    }
    /// The size of texts.
    FontSize { Small = "small", Medium = "medium", Large = "large" }
    /// How texts are aligned.
    TextAlign { Left = "left", Center = "center", Right = "right" }
    /// A day of the week.
    Weekday {
        Monday = "mon", Tuesday = "tue", Wednesday = "wed", Thursday = "thu", Friday = "fri", Saturday = "sat",
        Sunday = "sun"
    }
    /// The quality of video.
    VideoQuality { Auto = "auto", Low = "low", Medium = "medium", High = "high" }
    /// Pictures per second.
    FrameRate { Fifteen = "15", TwentyFour = "24", Thirty = "30", Sixty = "60" }
    /// The resolution of video.
    Resolution { Auto = "auto", P480 = "480p", P720 = "720p", P1080 = "1080p" }
    /// The codec of video.
    Codec { Vp8 = "VP8", Vp9 = "VP9", H264 = "H264", H265 = "H265", Av1 = "AV1" }
    /// How the participants of a call are arranged.
    VideoLayout { Speaker = "speaker", Grid = "grid", Sidebar = "sidebar" }
    /// A corner of the screen.
    Corner {
        TopLeft = "top-left", TopRight = "top-right", BottomLeft = "bottom-left", BottomRight = "bottom-right"
    }
    /// The colours of the client.
    Theme { Auto = "auto", Light = "light", Dark = "dark" }
    /// The distance of lines.
    LineHeight { Tight = "tight", Normal = "normal", Relaxed = "relaxed", Loose = "loose" }
    /// A side of the screen.
    Side { Left = "left", Right = "right" }
}

impl Weekday {
    /// The day before.
    #[must_use]
    pub fn before(self) -> Self {
        let number = Self::ALL.iter().position(|day| *day == self).unwrap_or_default();
        Self::ALL[(number + 6) % 7]
    }
}

category! {
    /// What others learn about a user, and who may contact them.
    #[schemars(rename = "PrivacyPreferences")]
    Privacy, "privacy" {
        /// Whether others see that the user is connected.
        show_online_status: bool = true,
        /// Whether others see when the user was last active.
        show_last_seen: bool = true,
        /// Whether others see how far the user has read.
        show_read_receipts: bool = true,
        /// Whether others see that the user is typing.
        show_typing_indicator: bool = true,
        allow_contact_requests: bool = true,
        allow_group_invites: bool = true,
        /// Whether others than friends may call in a conversation of two. It counts only once it was chosen.
        allow_calls_from_non_contacts: bool = false,
        save_media_to_gallery: bool = false,
        allow_analytics: bool = true,
        share_usage_data: bool = false,
        block_screenshots: bool = false,
        /// Whether the search of users leaves the user out.
        hide_profile_from_search: bool = false,
        encryption_preference: Encryption = Encryption::Optional,
        auto_encrypt_new_conversations: bool = false,
        show_encryption_status: bool = true,
        warn_on_unencrypted: bool = false,
    }

    fn hides(&self) -> Option<Hides> {
        Some(Hides {
            online_status: !self.show_online_status,
            last_seen: !self.show_last_seen,
            read_receipts: !self.show_read_receipts,
            typing: !self.show_typing_indicator,
            profile: self.hide_profile_from_search,
        })
    }
}

category! {
    /// Voice messages and their translation.
    #[schemars(rename = "AudioPreferences")]
    Audio, "audio" {
        transcription_enabled: bool = true,
        transcription_source: TranscriptionSource = TranscriptionSource::Auto,
        auto_transcribe_incoming: bool = false,
        audio_translation_enabled: bool = false,
        translated_audio_format: AudioFormat = AudioFormat::Mp3,
        tts_enabled: bool = false,
        /// The voice that reads texts aloud.
        #[serde(skip_serializing_if = "Option::is_none")]
        tts_voice: Option<Line<100>> = None,
        tts_speed: Speed = Speed(1.0),
        tts_pitch: Speed = Speed(1.0),
        audio_quality: AudioQuality = AudioQuality::High,
        noise_suppression: bool = true,
        echo_cancellation: bool = true,
        voice_profile_enabled: bool = false,
        voice_clone_quality: CloneQuality = CloneQuality::Balanced,
    }

    fn features(&self) -> Vec<(&'static str, bool, &'static [Consent])> {
        const VOICE: &[Consent] = &[Consent::VoiceData];
        vec![
            ("transcriptionEnabled", self.transcription_enabled, VOICE),
            ("autoTranscribeIncoming", self.auto_transcribe_incoming, VOICE),
            ("audioTranslationEnabled", self.audio_translation_enabled, VOICE),
            (
                "voiceProfileEnabled",
                self.voice_profile_enabled,
                &[Consent::VoiceData, Consent::VoiceProfile],
            ),
        ]
    }
}

impl Audio {
    /// The same, without the features that need other consents than those given.
    #[must_use]
    pub fn with_consents(mut self, given: &[Consent]) -> Self {
        let has_voice = given.contains(&Consent::VoiceData);
        self.transcription_enabled &= has_voice;
        self.auto_transcribe_incoming &= has_voice;
        self.audio_translation_enabled &= has_voice;
        self.voice_profile_enabled &= has_voice && given.contains(&Consent::VoiceProfile);
        self
    }
}

category! {
    /// Writing and reading messages.
    #[schemars(rename = "MessagePreferences")]
    Message, "message" {
        send_on_enter: bool = true,
        show_formatting_toolbar: bool = true,
        enable_markdown: bool = true,
        enable_emoji: bool = true,
        emoji_skin_tone: SkinTone = SkinTone::Default,
        auto_correct_enabled: bool = false,
        spell_check_enabled: bool = true,
        link_preview_enabled: bool = true,
        image_preview_enabled: bool = true,
        save_drafts: bool = true,
        draft_expiration_days: Whole<1, 90> = Whole(30),
        default_font_size: FontSize = FontSize::Medium,
        default_text_align: TextAlign = TextAlign::Left,
        auto_translate_incoming: bool = false,
        auto_translate_languages: List<Line<35>, 100> = List(Vec::new()),
        max_character_limit: Whole<100, 10_000> = Whole(5_000),
    }
}

category! {
    /// What a user is notified of.
    #[schemars(rename = "NotificationPreferences")]
    Notification, "notification" {
        push_enabled: bool = true,
        email_enabled: bool = true,
        sound_enabled: bool = true,
        vibration_enabled: bool = true,
        new_message_enabled: bool = true,
        missed_call_enabled: bool = true,
        voicemail_enabled: bool = true,
        system_enabled: bool = true,
        conversation_enabled: bool = true,
        reply_enabled: bool = true,
        mention_enabled: bool = true,
        reaction_enabled: bool = true,
        contact_request_enabled: bool = true,
        group_invite_enabled: bool = true,
        member_joined_enabled: bool = true,
        member_left_enabled: bool = false,
        /// Whether nothing is shown between two times of day.
        dnd_enabled: bool = false,
        dnd_start_time: TimeOfDay = TimeOfDay("22:00".into()),
        dnd_end_time: TimeOfDay = TimeOfDay("08:00".into()),
        /// On which days; if empty, on all.
        dnd_days: List<Weekday, 7> = List(Vec::new()),
        show_preview: bool = true,
        show_sender_name: bool = true,
        group_notifications: bool = true,
        notification_badge_enabled: bool = true,
    }
}

category! {
    /// Video calls.
    #[schemars(rename = "VideoPreferences")]
    Video, "video" {
        video_quality: VideoQuality = VideoQuality::Auto,
        /// In kilobits per second.
        #[serde(skip_serializing_if = "Option::is_none")]
        video_bitrate: Option<Whole<100, 5_000>> = None,
        video_frame_rate: FrameRate = FrameRate::Thirty,
        video_resolution: Resolution = Resolution::Auto,
        video_codec: Codec = Codec::Vp8,
        /// The camera that is chosen first.
        #[serde(skip_serializing_if = "Option::is_none")]
        default_camera: Option<Line<200>> = None,
        mirror_local_video: bool = true,
        video_layout: VideoLayout = VideoLayout::Speaker,
        show_self_view: bool = true,
        self_view_position: Corner = Corner::BottomRight,
        background_blur_enabled: bool = false,
        virtual_background_enabled: bool = false,
        /// The address of a picture.
        #[serde(skip_serializing_if = "Option::is_none")]
        virtual_background_url: Option<Link> = None,
        hardware_acceleration_enabled: bool = true,
        adaptive_bitrate_enabled: bool = true,
        auto_start_video: bool = true,
        auto_mute_on_join: bool = false,
    }
}

category! {
    /// Files.
    #[schemars(rename = "DocumentPreferences")]
    Document, "document" {
        auto_download_enabled: bool = false,
        auto_download_on_wifi: bool = true,
        /// In megabytes.
        auto_download_max_size: Whole<1, 100> = Whole(10),
        /// Where the client stores files.
        #[serde(skip_serializing_if = "Option::is_none")]
        download_path: Option<Line<500>> = None,
        inline_preview_enabled: bool = true,
        preview_pdf_enabled: bool = true,
        preview_images_enabled: bool = true,
        preview_videos_enabled: bool = true,
        /// In megabytes.
        storage_quota: Whole<100, 100_000> = Whole(5_000),
        auto_delete_old_files: bool = false,
        file_retention_days: Whole<7, 365> = Whole(90),
        compress_images_on_upload: bool = false,
        image_compression_quality: Whole<10, 100> = Whole(85),
        /// MIME types, which can end in `*`.
        allowed_file_types: List<Line<100>, 100> = List(
            [
                "image/*",
                "video/*",
                "audio/*",
                "application/pdf",
                "application/msword",
                "application/vnd.openxmlformats-officedocument.*",
            ]
            .map(Line::of)
            .into(),
        ),
        scan_files_for_malware: bool = true,
        allow_external_links: bool = true,
    }
}

category! {
    /// How the client looks and behaves.
    #[schemars(rename = "ApplicationPreferences")]
    Application, "application" {
        theme: Theme = Theme::Auto,
        accent_color: Line<32> = Line::of("blue"),
        interface_language: Line<35> = Line::of("en"),
        font_size: FontSize = FontSize::Medium,
        font_family: Line<64> = Line::of("inter"),
        line_height: LineHeight = LineHeight::Normal,
        compact_mode: bool = false,
        sidebar_position: Side = Side::Left,
        show_avatars: bool = true,
        animations_enabled: bool = true,
        reduced_motion: bool = false,
        high_contrast_mode: bool = false,
        screen_reader_optimized: bool = false,
        keyboard_shortcuts_enabled: bool = true,
        tutorials_completed: List<Line<64>, 100> = List(Vec::new()),
        beta_features_enabled: bool = false,
        telemetry_enabled: bool = true,
    }
}
