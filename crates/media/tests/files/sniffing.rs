//! Content types by the first bytes.

use crate::samples;
use meeshy_media::{ContentType, SNIFF_BYTES, is_harmless, sniff};
use proptest::prelude::*;

fn of(head: &[u8], declared: &str, name: &str) -> &'static str {
    sniff(&head[..head.len().min(SNIFF_BYTES)], Some(declared), name).as_str()
}

#[test]
fn the_bytes_decide_and_no_name_or_declaration_overrules_them() {
    for (content_type, bytes) in samples::all() {
        for (declared, name) in [
            ("", ""),
            ("text/html", "x.html"),
            ("image/svg+xml", "x.svg"),
            ("image/png", "x.png"),
            ("video/mp4", "x"),
        ] {
            assert_eq!(of(&bytes, declared, name), content_type, "{declared} {name}");
        }
    }
}

#[test]
fn texts_have_the_type_of_their_content_then_of_their_name() {
    for (content_type, head, declared, name) in [
        ("text/plain", "hello", "", "x"),
        ("text/plain", "", "", "empty"),
        ("text/plain", "hello", "image/png", "x.png"),
        ("text/plain", "BM and MZ begin other files", "", "note"),
        ("text/plain", "<3 you", "", "note.txt"),
        ("text/markdown", "# hello", "", "x.MD"),
        ("text/markdown", "hello", "text/markdown; charset=utf-8", "x"),
        ("text/plain", "hello", "text/anything", "x"),
        ("text/html", "hello", "", "x.html"),
        ("text/html", "<!DOCTYPE html><p>hi", "text/plain", "x.txt"),
        ("text/html", " \n<!-- a --><ScRiPt>alert(1)</script>", "image/png", "x.png"),
        ("text/html", "<!-- never ends", "", "x.txt"),
        ("text/html", "\u{FEFF}<html>", "", "x.txt"),
        ("text/html", "<b>hi</b>", "", "x.txt"),
        ("image/svg+xml", "<?xml version='1.0'?>\n<!-- a -->\n<!DOCTYPE svg PUBLIC><svg/>", "", "x.png"),
        ("image/svg+xml", "<svg:svg xmlns:svg='http://www.w3.org/2000/svg'/>", "text/plain", "x.txt"),
        ("application/xhtml+xml", "<?xml version='1.0'?><html/>", "", "x.txt"),
        ("application/xml", "<?xml version='1.0'?><feed/>", "", "x.txt"),
        ("text/x-php", "<?php echo 1;", "", "x.txt"),
        ("application/x-sh", "#!/bin/sh\nrm -rf /", "image/png", "x.png"),
        ("text/x-python", "#!/usr/bin/env python3\n", "", "x.py"),
        ("text/javascript", "GIF89a=1;alert(1)", "image/gif", "x.js"),
        ("text/plain", "GIF89a/*", "image/gif", "x.gif"),
        ("application/rtf", "{\\rtf1}", "", "x.doc"),
        ("application/json", "{}", "", "x.json"),
        ("application/pdf", "%PDF-1.7\nnothing else", "text/plain", "x.txt"),
    ] {
        assert_eq!(of(head.as_bytes(), declared, name), content_type, "{head:?} {declared} {name}");
    }
    let latin = b"caf\xE9 cr\xE8me";
    assert_eq!(of(latin, "", "x.txt"), "text/plain");
    assert_eq!(of(latin, "text/plain", "x"), "application/octet-stream");
    let wide: Vec<u8> = "\u{FEFF}<html>é".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(of(&wide, "", "x.txt"), "text/html");
    // The head ends within a character.
    assert_eq!(of(&"é".repeat(5000).as_bytes()[..8191], "", "x"), "text/plain");
}

#[test]
fn names_and_declarations_tell_apart_what_bytes_cannot() {
    let zip = b"PK\x03\x04\x14\0\0\0\x08\0rest of an archive\0\0\0\0\0\0\0\0";
    assert_eq!(of(zip, "", "x.zip"), "application/zip");
    assert_eq!(of(zip, "", "x.exe"), "application/zip");
    assert_eq!(
        of(zip, "", "x.pptx"),
        "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    );
    let ole = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0\0\0";
    assert_eq!(of(ole, "", "x.doc"), "application/msword");
    assert_eq!(of(ole, "", "x.PPT"), "application/vnd.ms-powerpoint");
    assert_eq!(of(ole, "", "x"), "application/x-ole-storage");
    // The tracks are further behind.
    let mp4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\x10\0mdat";
    assert_eq!(of(mp4, "", "x.mp4"), "video/mp4");
    assert_eq!(of(mp4, "", "x.m4a"), "audio/mp4");
    assert_eq!(of(mp4, "audio/mp4", "blob"), "audio/mp4");
    assert_eq!(of(b"\0\0\0\x14ftypqt  \0\0\0\0qt  \0\0\0\x08wide", "audio/mp4", "x.m4a"), "video/quicktime");
    assert_eq!(of(b"\0\0\0\x14ftypM4A \0\0\0\0M4A \0\0\0\x08wide", "video/mp4", "x.mp4"), "audio/mp4");
}

#[test]
fn other_files_are_never_harmless() {
    let elf = [b"\x7FELF\x02\x01\x01\0".to_vec(), vec![0; 100]].concat();
    for head in [&elf[..], &[0; 64], b"\x01\x02\x03<script>alert(1)</script>", b"\0"] {
        for (declared, name) in [("image/png", "x.png"), ("text/plain", "x.txt"), ("audio/webm", "blob")] {
            assert!(!is_harmless(of(head, declared, name)), "{head:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_have_a_content_type(
        head in proptest::collection::vec(any::<u8>(), 0..600),
        declared in proptest::option::of("\\PC{0,20}"),
        name in "\\PC{0,30}",
        sample in 0..14_usize,
        cut in 0..3000_usize,
    ) {
        prop_assert_ne!(sniff(&head, declared.as_deref(), &name).as_str(), "");
        // Signatures are more likely to be recognised.
        let bytes = samples::all().into_iter().nth(sample).map(|it| it.1).unwrap_or_default();
        let start = [&bytes[..cut.min(bytes.len())], &head].concat();
        prop_assert_ne!(sniff(&start, declared.as_deref(), &name).as_str(), "");
    }

    #[test]
    fn text_is_never_taken_for_a_picture(text in "[ -~\n]{0,300}", name in "[a-z]{1,5}\\.[a-z]{1,4}") {
        let content_type = sniff(text.as_bytes(), None, &name);
        prop_assert!(
            content_type == ContentType::TEXT || !is_harmless(content_type.as_str()),
            "{content_type}"
        );
    }
}
