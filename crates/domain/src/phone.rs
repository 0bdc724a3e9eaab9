//! Telephone numbers in international form (ITU-T E.164).
//!
//! A number is checked for its calling code and its length. Whether a network has assigned it is found out by
//! sending a code to it, which no table of numbering plans can replace.

/// The country of numbers without a calling code, if none is named.
const DEFAULT_COUNTRY: &str = "FR";

/// The digits of a number with its calling code: at most 15 (E.164, 6); fewer than 7 are numbers of services.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Calling codes (ITU Operational Bulletin, list of E.164 country codes) with the countries (ISO 3166) that use
/// them. A number must begin with one.
const CODES: &str = "\
    1:AG,AI,AS,BB,BM,BS,CA,DM,DO,GD,GU,JM,KN,KY,LC,MP,MS,PR,SX,TC,TT,US,VC,VG,VI 7:KZ,RU 20:EG 27:ZA 30:GR 31:NL 32:BE \
    33:FR 34:ES 36:HU 39:IT,VA 40:RO 41:CH 43:AT 44:GB,GG,IM,JE 45:DK 46:SE 47:NO,SJ 48:PL 49:DE 51:PE 52:MX 53:CU 54:AR \
    55:BR 56:CL 57:CO 58:VE 60:MY 61:AU,CC,CX 62:ID 63:PH 64:NZ 65:SG 66:TH 81:JP 82:KR 84:VN 86:CN 90:TR 91:IN 92:PK \
    93:AF 94:LK 95:MM 98:IR 211:SS 212:EH,MA 213:DZ 216:TN 218:LY 220:GM 221:SN 222:MR 223:ML 224:GN 225:CI 226:BF \
    227:NE 228:TG 229:BJ 230:MU 231:LR 232:SL 233:GH 234:NG 235:TD 236:CF 237:CM 238:CV 239:ST 240:GQ 241:GA 242:CG \
    243:CD 244:AO 245:GW 246:IO 248:SC 249:SD 250:RW 251:ET 252:SO 253:DJ 254:KE 255:TZ 256:UG 257:BI 258:MZ 260:ZM \
    261:MG 262:RE,YT 263:ZW 264:NA 265:MW 266:LS 267:BW 268:SZ 269:KM 290:SH 291:ER 297:AW 298:FO 299:GL 350:GI 351:PT \
    352:LU 353:IE 354:IS 355:AL 356:MT 357:CY 358:AX,FI 359:BG 370:LT 371:LV 372:EE 373:MD 374:AM 375:BY 376:AD 377:MC \
    378:SM 380:UA 381:RS 382:ME 383:XK 385:HR 386:SI 387:BA 389:MK 420:CZ 421:SK 423:LI 500:FK 501:BZ 502:GT 503:SV \
    504:HN 505:NI 506:CR 507:PA 508:PM 509:HT 590:BL,GP,MF 591:BO 592:GY 593:EC 594:GF 595:PY 596:MQ 597:SR 598:UY \
    599:BQ,CW 670:TL 672:NF 673:BN 674:NR 675:PG 676:TO 677:SB 678:VU 679:FJ 680:PW 681:WF 682:CK 683:NU 685:WS 686:KI \
    687:NC 688:TV 689:PF 690:TK 691:FM 692:MH 850:KP 852:HK 853:MO 855:KH 856:LA 880:BD 886:TW 960:MV 961:LB 962:JO \
    963:SY 964:IQ 965:KW 966:SA 967:YE 968:OM 970:PS 971:AE 972:IL 973:BH 974:QA 975:BT 976:MN 977:NP 992:TJ 993:TM \
    994:AZ 995:GE 996:KG 998:UZ";

/// What precedes a number within these countries, where it is not `0`. In Italy and its neighbours, the zero
/// belongs to the number.
const TRUNK_PREFIXES: [(&str, &str); 12] = [
    ("1", "1"),
    ("7", "8"),
    ("36", "06"),
    ("39", ""),
    ("52", "01"),
    ("370", "0"),
    ("375", "80"),
    ("377", ""),
    ("378", ""),
    ("225", ""),
    ("229", ""),
    ("242", ""),
];

fn codes() -> impl Iterator<Item = (&'static str, &'static str)> {
    CODES.split_ascii_whitespace().filter_map(|entry| entry.split_once(':'))
}

/// The calling code of a country, given by its two letters (ISO 3166).
fn calling_code(country: &str) -> Option<&'static str> {
    let country = country.to_ascii_uppercase();
    codes().find(|(_, countries)| countries.split(',').any(|known| known == country)).map(|(code, _)| code)
}

/// A typed number in international form, such as `+33612345678`; `None` if it cannot be one. A number without a
/// calling code is one of `country` (two letters), by default of France.
pub fn international(typed: &str, country: Option<&str>) -> Option<String> {
    let is_separator = |c: &char| c.is_whitespace() || matches!(c, '-' | '.' | '(' | ')' | '/' | '\u{2011}');
    let compact: String = typed.trim().chars().filter(|c| !is_separator(c)).take(32).collect();
    let digits = match compact.strip_prefix('+').or_else(|| compact.strip_prefix("00")) {
        Some(digits) => {
            codes().find(|(code, _)| digits.starts_with(code))?;
            digits.to_owned()
        }
        None => {
            let country = country.map(str::trim).filter(|country| !country.is_empty());
            let code = calling_code(country.unwrap_or(DEFAULT_COUNTRY))?;
            let other = TRUNK_PREFIXES.iter().find(|(known, _)| *known == code);
            let trunk = other.map_or("0", |(_, prefix)| prefix);
            format!("{code}{}", compact.strip_prefix(trunk).unwrap_or(&compact))
        }
    };
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit()) && DIGITS.contains(&digits.len());
    is_number.then(|| format!("+{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (typed, country, expected) in [
            ("+33 6 12 34 56 78", None, Some("+33612345678")),
            ("06 12 34 56 78", None, Some("+33612345678")),
            ("06.12.34.56.78", Some(""), Some("+33612345678")),
            ("0033612345678", Some("DE"), Some("+33612345678")),
            ("(030) 1234-5678", Some("de"), Some("+493012345678")),
            ("(415) 555-2671", Some("US"), Some("+14155552671")),
            ("1 415 555 2671", Some("CA"), Some("+14155552671")),
            ("06 1234 5678", Some("IT"), Some("+390612345678")),
            ("8 (912) 345-67-89", Some("RU"), Some("+79123456789")),
            ("6 77 12 34 56", Some("CM"), Some("+237677123456")),
            ("07 12 34 56 78", Some("CI"), Some("+2250712345678")),
            ("", None, None),
            ("12345", Some("ZZ"), None),
            ("+999 123 456 78", None, None),
            ("+33 6 12 34 56 78 90 12 34 56", None, None),
            ("+33 abc", None, None),
            ("33", None, None),
            ("lea", None, None),
        ] {
            assert_eq!(international(typed, country).as_deref(), expected, "{typed} {country:?}");
        }
    }

    #[test]
    fn no_code_is_the_beginning_of_another() {
        let all: Vec<&str> = codes().map(|(code, _)| code).collect();
        for code in &all {
            let longer = all.iter().filter(|other| *other != code && other.starts_with(code));
            assert_eq!(longer.count(), 0, "{code}");
        }
        assert_eq!(calling_code("cm"), Some("237"));
    }
}
